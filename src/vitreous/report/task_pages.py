"""Which pages a run gets, by its task: figures, limits, classes and errors are told differently for one label and for several."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitreous.data.decode import policy
from vitreous.report.chapters import Block, Table
from vitreous.report.data_summary import DataSummary
from vitreous.report.pictures import Thumbnail, thumbnails
from vitreous.runs.contents import Contents
from vitreous.tasks.task import task_of


@dataclass(frozen=True)
class Shown:
    """A picture with the truth, the answer and its confidence."""

    thumbnail: Thumbnail
    true: str
    said: str
    confidence: float


@dataclass(frozen=True)
class ClassRow:
    """A class or label in the table of figures, as text, with the chart of its recall; `beside`: its estimate out of fold."""

    label: str
    cells: Sequence[str]
    bar: str
    beside: str


@dataclass(frozen=True)
class Pages:
    """`purpose` and `headline` are sentences; `metric_rows` every figure with its interval, as text; `page_parts` what the template of the
    report shows of the answers, by name: `answers` is the file for it; `noun`: what one of them and several are called;
    `about_data` what the card says of the labels in the data."""

    purpose: Callable[[Contents], str]
    headline: Callable[[Mapping[str, Any]], str]
    metric_rows: Callable[[Mapping[str, Any]], list[tuple[str, str]]]
    class_table: Callable[[Mapping[str, Any]], Table]
    limits: Callable[[Contents, DataSummary], list[str]]
    operating_point: Callable[[Mapping[str, Any]], list[Block]]
    page_parts: Callable[[Contents], dict[str, Any]]
    noun: tuple[str, str] = ("class", "classes")
    about_data: Callable[[Contents], list[str]] = lambda contents: []


def pages_of(facts: Mapping[str, Any]) -> Pages:
    """For the task of a run."""
    if task_of(facts).name == "multilabel":
        from vitreous.report.several import SEVERAL

        return SEVERAL
    from vitreous.report.one_label import ONE_LABEL

    return ONE_LABEL


def told_by(value: Any) -> list[str]:
    """The sentences that a stored result tells of itself."""
    sentences = value.get("sentences") if isinstance(value, Mapping) else None
    return [str(each) for each in sentences] if isinstance(sentences, list) else []


def pictures_of(contents: Contents, paths: Sequence[str]) -> list[Thumbnail]:
    """Small pictures of the run's data, where these are still what they were."""
    keys = {row.path: row.key for row in contents.items}
    rule = policy(contents.settings.get("max_pixels"), bool(contents.settings.get("tolerate_truncated")))
    return thumbnails([str(contents.facts["data"]["folder"])], paths, keys, rule)
