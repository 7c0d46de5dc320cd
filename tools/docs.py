"""The documentation: checked, and made into web pages.

    python tools/docs.py check              every link, anchor, picture and named file is there, every page is linked
    python tools/docs.py build FOLDER       the pages as HTML, to be opened from disk

Pages are the README, the other Markdown files at the top and everything in docs/. Anchors are those that GitHub gives to
headings. A word in backticks that starts with one of the project's folders, such as `src/vitreous/errors.py`, is taken
for a file of the project and must be there; NAME, NNNN and * stand for anything. Links to the web are not followed.
"""

import argparse
import html
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
NAMED_FILE = re.compile(r"(src|tests|tools|docs|benchmarks|examples|\.ci)/[\w./-]+")
PLACEHOLDER = re.compile(r"\b(NAME|NNNN)\b|NN_")
PARSER = MarkdownIt("commonmark").enable("table")

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fcfcfa; --faint: #e4e4de; --link: #0b5cad }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e0; --paper: #16181a; --faint: #33373b; --link: #8cc2f5 } }
body { color: var(--ink); background: var(--paper); font: 17px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 1rem }
a { color: var(--link) } img { max-width: 100% } h1, h2, h3 { line-height: 1.2 }
pre, table { overflow-x: auto; display: block } pre { background: var(--faint); padding: .7rem; border-radius: 4px }
table { border-collapse: collapse; font-size: .88em }
code { font-size: .9em } td, th { border: 1px solid var(--faint); padding: .25rem .6rem; text-align: left; vertical-align: top }
"""


@dataclass
class Page:
    """A Markdown file: its tokens, the targets of its links and pictures, the files it names, the anchors it offers."""

    path: Path
    tokens: list[Token]
    title: str = ""
    links: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check")
    verbs.add_parser("build").add_argument("folder", type=Path)
    arguments = parser.parse_args()
    pages = {page.path: page for page in map(read, sources(ROOT))}
    complaints = [complaint for page in pages.values() for complaint in missing(page, pages)]
    if complaints := sorted([*complaints, *lonely(pages)]):
        sys.exit("\n".join(complaints))
    if arguments.verb == "build":
        for page in pages.values():
            target = arguments.folder / page.path.relative_to(ROOT).with_suffix(".html")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(rendered(page, target, pages), encoding="utf-8")
        print(f"{len(pages)} pages: {arguments.folder / 'docs' / 'index.html'}")
    else:
        print(f"{len(pages)} pages, {sum(len(page.links) for page in pages.values())} links: all there")


def sources(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def read(path: Path) -> Page:
    page = Page(path, PARSER.parse(path.read_text(encoding="utf-8")))
    for token, following in zip(page.tokens, [*page.tokens[1:], None], strict=True):
        if token.type == "heading_open" and following:
            anchor = unused(slug(plain(following)), page.anchors)
            token.attrSet("id", anchor)
            page.anchors.add(anchor)
            page.title = page.title or plain(following)
    for token in inline(page.tokens):
        if token.type in ("link_open", "image"):
            page.links.append(str(token.attrs.get("href") or token.attrs.get("src") or ""))
        elif token.type == "code_inline" and NAMED_FILE.fullmatch(token.content):
            page.named.append(token.content)
    return page


def missing(page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    """A line for each link, anchor and named file of the page that leads nowhere."""
    here = page.path.relative_to(ROOT).as_posix()
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = led_to(page, link)
        if not target.exists():
            yield f"{here}: the link {link!r} leads to no file"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"{here}: the link {link!r} leads to no heading"
    for name in page.named:
        if not PLACEHOLDER.search(name) and not (ROOT / name).exists():
            yield f"{here}: {name} is named and is not there"


def lonely(pages: dict[Path, Page]) -> Iterator[str]:
    """A line for each page that no other page links to."""
    linked = {led_to(page, link) for page in pages.values() for link in page.links if not urlsplit(link).scheme}
    for path in pages.keys() - linked - {ROOT / "README.md"}:
        yield f"{path.relative_to(ROOT).as_posix()}: no page links to it"


def led_to(page: Page, link: str) -> Path:
    """The file that a link without a scheme leads to."""
    path = unquote(urlsplit(link).path)
    return (page.path.parent / path).resolve() if path else page.path


def rendered(page: Page, target: Path, pages: dict[Path, Page]) -> str:
    """The page as HTML for the file `target`: links to pages lead to their HTML, all others to the file in the project."""
    for token in inline(page.tokens):
        for attribute in ("href", "src"):
            parts = urlsplit(str(token.attrs.get(attribute, "")))
            if parts.path and not parts.scheme and not parts.netloc:
                source = led_to(page, parts.path)
                fragment = f"#{parts.fragment}" if parts.fragment else ""
                if source in pages:
                    token.attrSet(attribute, Path(parts.path).with_suffix(".html").as_posix() + fragment)
                else:
                    token.attrSet(attribute, Path(os.path.relpath(source, target.resolve().parent)).as_posix() + fragment)
    body = PARSER.renderer.render(page.tokens, PARSER.options, {})
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(page.title)}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n'


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def plain(heading: Token) -> str:
    return "".join(token.content for token in heading.children or ())


def slug(heading: str) -> str:
    """
    >>> slug("JSON: what `predict` prints")
    'json-what-predict-prints'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def unused(anchor: str, taken: set[str]) -> str:
    """The anchor, with -1, -2 … where it is taken."""
    return next(name for name in (anchor, *(f"{anchor}-{number}" for number in range(1, 1000))) if name not in taken)


if __name__ == "__main__":
    main()
