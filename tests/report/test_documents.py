"""The two documents of a run: complete, bounded, of the facts only, and safe whatever the labels and the folder are."""

import base64
import io
import re
import shutil
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from made_contents import HOSTILE, LABELS, made_contents, with_facts

from vitreous.report import documents
from vitreous.runs.tables import ItemRow, Predictions

_VOID = {"meta", "img", "br", "path", "circle", "rect", "polyline"}


class _Read(HTMLParser):
    """Tags, attributes and text of a page, and whether every tag is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def both(contents) -> tuple[_Read, str]:
    made = documents(contents)
    assert set(made) == {"report.html", "MODEL_CARD.md"}
    return _Read(made["report.html"].decode()), made["MODEL_CARD.md"].decode()


def test_both_documents_state_the_result_with_its_interval(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    metrics = contents.facts["metrics"]
    page, card = both(contents)
    low, high = metrics["accuracy_interval"]
    assert f"{100 * metrics['accuracy']:.1f}\u00a0% of 60 test pictures answered right" in page.text
    assert f"| accuracy | {100 * metrics['accuracy']:.1f} % [{100 * low:.1f}, {100 * high:.1f}] |" in card
    for label in LABELS:
        assert label in page.text and f"| {label} |" in card


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing(tmp_path: Path) -> None:
    page, _ = both(made_contents(tmp_path))
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "embed", "link", "form"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            if target := attributes.get(name):
                assert target.startswith(("data:image/jpeg;base64,", "#"))
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert {target[1:] for _, a in page.tags if (target := a.get("href"))} <= ids


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    assert documents(made_contents(tmp_path)) == documents(made_contents(tmp_path))


def test_labels_are_shown_as_text_and_become_neither_markup_nor_cells_nor_links(tmp_path: Path) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    contents = made_contents(tmp_path, HOSTILE, pictures=90)
    page, card = both(contents)
    assert "<script>alert(1)</script>" in page.text and "script" not in {tag for tag, _ in page.tags}
    assert "red\\x1b[31m\\nline" in page.text and "\\u202eevil" in page.text and "\x1b" not in page.text + card and "\u202e" not in page.text + card
    assert "l" * 300 not in page.text and "lll…lll" in page.text
    tokens = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).parse(card)
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
    assert {token.type for token in tokens} & {"html_block"} == set()
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3, 7}  # the table of figures, that of classes
    written = [child.content for child in inline if child.content == "<script>alert(1)</script>"]
    assert written, "the label reads in the card as it is"


def test_labels_equal_up_to_case_stay_two(tmp_path: Path) -> None:
    _, card = both(made_contents(tmp_path, ("Dress", "dress")))
    assert "| Dress |" in card and "| dress |" in card


def test_the_surest_errors_are_those_of_the_highest_confidence(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, sharpness=0.5)
    predictions = contents.predictions
    wrong = [
        (-float(sure), path)
        for path, label, said, sure in zip(predictions.paths, predictions.labels, predictions.predicted, predictions.confidence, strict=True)
        if label != said
    ]
    expected = [path for _, path in sorted(wrong)][:12]
    page, _ = both(contents)
    told = page.text[page.text.index("The surest errors") : page.text.index("Right, and surest")]
    assert re.findall(r"test/\d+\.png", told) == expected and f"12 of {len(wrong)}" in told


def test_thumbnails_show_the_pictures_themselves(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, sharpness=0.5)
    page, _ = both(contents)
    uri = next(a["src"] for tag, a in page.tags if tag == "img")
    path = re.search(r"test/\d+\.png", page.text[page.text.index("The surest errors") :])
    assert uri and path
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))), int)
    true = np.asarray(Image.open(tmp_path / path[0]).convert("RGB"), int)
    assert shown.shape == true.shape and abs(shown - true).max() <= 8  # JPEG of a flat square, with chroma in 8 bits


def test_a_folder_that_has_gone_leaves_everything_but_the_pictures(tmp_path: Path) -> None:
    contents = made_contents(tmp_path / "data", sharpness=0.5)
    shutil.rmtree(tmp_path / "data")
    page, card = both(contents)
    assert "img" not in {tag for tag, _ in page.tags} and page.text.count("the folder of the data is not there") > 12
    assert "accuracy" in card


def test_a_file_that_changed_cannot_be_read_or_is_no_file_is_named_in_its_place(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, sharpness=-6.0)
    first, second, third = contents.predictions.paths[:3]
    wanted = contents.predictions.probability.copy()
    wanted[:3] = [0.0, 0.0, 1.0]
    labels = ["dress"] * 3 + list(contents.predictions.labels[3:])
    contents = replace(contents, predictions=Predictions(contents.predictions.paths, labels, list(LABELS), wanted))
    Image.new("RGB", (5, 5)).save(tmp_path / first)
    (tmp_path / second).write_bytes(b"no picture")
    (tmp_path / third).unlink()
    (tmp_path / third).mkdir()
    page, _ = both(contents)
    assert "the file has changed since" in page.text and "a folder, not a file" in page.text


def test_a_run_without_a_test_part_says_so_and_shows_no_errors(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    nothing = Predictions([], [], list(LABELS), np.empty((0, 3), np.float32))
    metrics = contents.facts["metrics"] | {"what": "120 training pictures, out of fold"}
    contents = with_facts(replace(contents, predictions=nothing, items=[row for row in contents.items if row.split != "test"]), metrics=metrics)
    page, card = both(contents)
    assert "No answers on pictures kept aside" in page.text and "The surest errors" not in page.text
    assert "No picture was kept for a test" in card and "(out of fold) answered right" in page.text


def test_without_a_test_part_the_held_out_answers_are_shown(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    nothing = Predictions([], [], list(LABELS), np.empty((0, 3), np.float32))
    page, _ = both(replace(contents, predictions=nothing, held_out=contents.predictions))
    assert "60 pictures held out" in page.text and "The surest errors" in page.text


def test_one_test_picture_is_enough(tmp_path: Path) -> None:
    page, card = both(made_contents(tmp_path, pictures=1))
    assert "known from 1 test picture" in card and page.text


def test_no_error_at_all_is_said(tmp_path: Path) -> None:
    page, _ = both(made_contents(tmp_path, sharpness=50.0))
    assert "No answer is wrong" in page.text and "Every picture is recognized" in page.text and "No error on 60 test pictures" in page.text


def test_warnings_come_before_the_figures_of_classes(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    split = {"given": True, "remarks": ["2 test images belong together with a training or validation image: a with b."], "leaks": 2}
    page, card = both(with_facts(contents, split=split))
    assert page.text.index("2 test images belong") < page.text.index("Recall is lowest")
    assert "2 test pictures (or a copy) also stood in training" in card


def test_what_was_left_out_is_counted_by_its_reason(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    bad = [ItemRow(f"bad{number}.jpg", left_out="zero bytes") for number in range(7)] + [ItemRow("\udcff.jpg", left_out="a <b>folder</b>")]
    page, card = both(replace(contents, items=[*contents.items, *bad]))
    assert "8 files left out" in page.text and "\\udcff.jpg" in page.text and "Left out: 7 files: zero bytes." in card
    assert "a <b>folder</b>" in page.text and "\\<b\\>" in card


def test_one_picture_under_two_labels_is_shown(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    twice = [ItemRow(f"{label}/copy.png", "ab" * 16, 9, 9, label, "train") for label in ("hat", "skirt")]
    page, card = both(replace(contents, items=[*contents.items, *twice]))
    assert "One picture under two labels" in page.text and "hat/copy.png" in page.text and "1 picture stands under two labels" in card


def test_a_decision_is_told_in_its_own_sentences(tmp_path: Path) -> None:
    contents = with_facts(
        made_contents(tmp_path), decision={"label": "hat", "sentences": ["Says hat from 0.31 on.", "Misses at most 2 % of <hats>."]}
    )
    page, card = both(contents)
    assert "Misses at most 2\u00a0% of <hats>." in page.text and "- Says hat from 0.31 on." in card
    assert "No operating point" not in card


def test_the_documents_of_many_classes_stay_small(tmp_path: Path) -> None:
    contents = made_contents(tmp_path, [f"class {number} {'x' * 40}" for number in range(300)], pictures=400)
    made = documents(contents)
    assert len(made["report.html"]) < 600_000 and len(made["MODEL_CARD.md"]) < 30_000
    page = _Read(made["report.html"].decode())
    assert "the 40 classes of lowest recall" in page.text and "The largest and the smallest classes; 260 in between" in page.text


def test_a_run_of_an_older_version_with_fewer_facts_is_told_too(tmp_path: Path) -> None:
    contents = made_contents(tmp_path)
    old = {key: value for key, value in contents.facts.items() if key in ("task", "labels", "data", "preprocessing", "metrics")}
    page, card = both(replace(contents, facts=old, settings={}))
    assert "not known to Vitreous" in page.text and "How it was made" in card


def test_the_command_that_made_it_is_given_without_the_path_of_the_machine(tmp_path: Path) -> None:
    contents = made_contents(tmp_path / "my photos")
    settings = dict(contents.settings) | {"minutes": 5.0, "group": "(.*)_", "tolerate_truncated": True, "seed": 3}
    page, card = both(replace(contents, settings=settings))
    expected = "vitreous train 'my photos' --seed 3 --minutes 5 --tolerate-truncated --group '(.*)_'"
    assert expected in page.text
    assert str(tmp_path) not in page.text and str(tmp_path) not in card
