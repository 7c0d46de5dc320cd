"""A labelling without a page: what steps do, what goes wrong, and that it goes on where it was."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pictures_to_label import made

from vitreous.data.sources import read_source
from vitreous.errors import StorageError, UsageError
from vitreous.labelling.journal import open_journal, read_journal
from vitreous.labelling.pictures import Pictures
from vitreous.labelling.saving import Saving
from vitreous.labelling.session import Session


@contextmanager
def saved(pictures: Pictures, folder: Path) -> Iterator[Session]:
    pictures = replace(pictures, folder=folder / "photos")
    for (path,) in pictures.paths:
        (folder / "photos").mkdir(exist_ok=True)
        (folder / "photos" / path).touch()
    with open_journal(folder / "t.jsonl", "photos") as journal:
        yield Session(pictures, journal, Saving(folder / "t.csv", pictures.folder, journal))


def test_a_user_who_answers_truly_gets_every_label_right_with_few_steps() -> None:
    pictures, labels = made(4, 40, 0.8)
    session = Session(pictures)
    while (found := session.next_group()) is not None and session.labelled < 60:
        _, group = found
        first = labels[group[0]]
        session.label([each for each in group if labels[each] == first], first)
    while (grid := session.confirm()) is not None:
        label, numbers = grid
        right = [each for each in numbers if labels[each] == label]
        wrong = [each for each in numbers if labels[each] != label]
        if right:
            session.label(right, label, rejected=wrong)
        else:
            session.exclude(wrong, label)
    for number in session.ask(160):  # of a label that no group had
        session.label([number], labels[number])
    assert [session.label_of(number) for number in range(160)] == labels
    assert len(session.book.steps) < 64 and session.progress().advice == "Every picture has a label."


def test_the_table_is_there_after_every_step_and_it_goes_on_where_it_was(tmp_path: Path) -> None:
    pictures, _ = made()
    with saved(pictures, tmp_path) as session:
        session.label([0, 1], "one")
        session.label([2], "two, or three")
        assert {item.label for item in read_source(tmp_path / "t.csv").items} == {"one", "two, or three"}
        session.set_aside([3])
    with saved(pictures, tmp_path) as session:
        assert session.label_of(1) == "one" and session.put_aside == [3] and session.labelled == 3
        assert session.undo() == "Taken back: 1 picture set aside" and session.put_aside == []


def test_pictures_that_went_and_came_back_have_their_labels(tmp_path: Path) -> None:
    pictures, _ = made()
    with saved(pictures, tmp_path) as session:
        session.label([0, 1, 2, 3, 4], "one")
        session.label([5, 6, 7], "two")
    some = np.arange(3, 20)
    fewer = replace(
        pictures,
        keys=[pictures.keys[i] for i in some],
        paths=[pictures.paths[i] for i in some],
        splits=[pictures.splits[i] for i in some],
        features=pictures.features[some],
        copies=some,
    )
    with saved(fewer, tmp_path) as session:
        assert session.labelled == 5 and session.label_of(0) == "one" and session.here_counts == {"one": 2, "two": 3}
        session.rename("one", "uno")
        assert len(read_source(tmp_path / "t.csv").items) == 5
    with saved(pictures, tmp_path) as session:
        assert [session.label_of(number) for number in (0, 3, 5)] == ["uno", "uno", "two"]


def test_a_disk_that_is_full_loses_nothing_and_pretends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, _ = made()
    with saved(pictures, tmp_path) as session:
        session.label([0], "one")
        with monkeypatch.context() as full:

            def no_room(*_: object) -> None:
                raise OSError(28, "No space left on device")

            full.setattr("vitreous.labelling.journal.os.fsync", no_room)
            with pytest.raises(StorageError, match="the disk is full"):
                session.label([1], "two")
            assert session.label_of(1) is None and session.book.labels == ["one"]
        with monkeypatch.context() as full:
            full.setattr("vitreous.labelling.saving.write_atomically", lambda *_: (_ for _ in ()).throw(StorageError("cannot write t.csv")))
            session.label([1], "two")
            assert session.label_of(1) == "two" and session.unsaved == "cannot write t.csv"
        session.label([2], "two")
        assert session.unsaved == "" and len(read_source(tmp_path / "t.csv").items) == 3
    assert [step["do"] for step in read_journal(tmp_path / "t.jsonl").steps] == ["label"] * 3


def test_renaming_in_the_middle_reaches_who_had_not_seen_it() -> None:
    pictures, _ = made()
    session = Session(pictures)
    session.label([0], "dress")
    seen = session.version
    session.step("rename", label="dress", to="gown", by="other")
    session.step("label", [1], label="dress", since=seen, by="slow")
    assert session.book.labels == ["gown"] and session.label_of(1) == "gown"
    session.step("label", [2], label="skirt", by="other")
    session.step("rename", label="skirt", to="GOWN")
    assert session.book.labels == ["gown"] and session.labelled == 3


@pytest.mark.parametrize(
    ("do", "pictures", "about", "said"),
    [
        ("label", [], {"label": "a"}, "no picture"),
        ("label", [99], {"label": "a"}, "numbers from 0 to 59"),
        ("label", [-1], {"label": "a"}, "numbers from 0 to 59"),
        ("label", ["0"], {"label": "a"}, "numbers from 0 to 59"),
        ("label", [True], {"label": "a"}, "numbers from 0 to 59"),
        ("label", [0], {"label": "a;b"}, "divides several labels"),
        ("rename", [], {"label": "none", "to": "b"}, "no label 'none'"),
        ("remove", [], {"label": "a"}, "there are pictures with it"),
        ("undo", [], {}, "nothing to undo"),
        ("redo", [], {}, "nothing to redo"),
        ("drop tables", [], {}, "no step 'drop tables'"),
    ],
)
def test_what_cannot_be_meant_is_said_and_changes_nothing(do: str, pictures: list[int], about: dict[str, str], said: str) -> None:
    session = Session(made()[0])
    if do == "remove":
        session.label([0], "a")
    before = session.version
    with pytest.raises(UsageError, match=said):
        session.step(do, pictures, **about)
    assert session.version == before


@pytest.mark.parametrize("count", [1, 2, 10])
def test_few_pictures_and_one_label_are_enough_to_go_on(count: int) -> None:
    pictures, _ = made(1, count, 0.0)  # identical but for their content
    session = Session(pictures)
    found = session.next_group()
    assert found is not None and len(found[1]) == count and len(session.ask(5)) == min(5, count)
    session.label(session.ask(1), "good")
    assert session.confirm() is None and session.estimate() is None and session.progress().open == count - 1
    session.label(range(count), "good")
    assert session.ask(1) == [] and session.next_group() is None


def test_the_estimate_is_that_of_the_labelled_ones() -> None:
    pictures, labels = made(3, 30, 0.5)
    session = Session(pictures)
    for number in range(60):
        session.label([number], labels[number])
    found = session.estimate()
    assert found is not None and found.pictures == 60 and found.accuracy > 0.95 and session.progress().estimate == found
