"""Text from files in Markdown: whatever it is, it reads as it is and marks nothing. markdown-it-py is the judge."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vitreous.report.chapters import Bullets, Chapter, Paragraph, Table
from vitreous.report.markdown import escaped, markdown
from vitreous.report.wording import readable

markdown_it = pytest.importorskip("markdown_it")
# Every mark of Markdown often, so that few examples meet many.
TEXT = st.text(st.one_of(st.sampled_from("*_`[]()<>|#-+=.:!~&\\1 \"'ab/@$"), st.characters(exclude_categories=["Cs"])), min_size=1, max_size=30)


def text_of(tokens) -> str:
    return "".join(child.content for token in tokens for child in token.children or [])


@settings(max_examples=300, deadline=None)
@given(TEXT)
@example("- [ ] x")
@example("12) a")
@example("===")
@example("[1, 2](http://x.org)")
@example("[1, 2]: http://x.org")
@example("&lt;b&gt;")
def test_a_paragraph_reads_as_the_text_and_is_nothing_else(text: str) -> None:
    shown = readable(text).strip()  # of white space at the ends of a line, Markdown shows none
    if not shown:
        return
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(escaped(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children} <= {"text", "text_special"}
    assert text_of(tokens).strip("\u2066\u2069").strip() == shown


@settings(max_examples=150, deadline=None)
@given(TEXT)
def test_a_cell_stays_one_cell(text: str) -> None:
    written = markdown("t", [Chapter("c", [Table(("name", "value"), [(text, "1")])])]).decode()
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(written)
    assert sum(token.type == "td_open" for token in tokens) == 2 and sum(token.type == "tr_open" for token in tokens) == 2


def test_blocks_are_parted_and_in_order() -> None:
    written = markdown("a_b", [Chapter("c", [Paragraph("1. p"), Bullets(["- x", "y"])])]).decode()
    assert written == "# a\\_b\n\n## c\n\n1\\. p\n\n- \\- x\n- y\n"


def test_names_from_right_to_left_are_isolated() -> None:
    assert escaped("שלום") == "\u2066שלום\u2069"


def test_a_file_name_that_is_no_utf_8_is_written_with_escapes() -> None:
    assert "\\udcff" in markdown("t", [Chapter("c", [Paragraph("\udcff.jpg")])]).decode()
