"""corrections.csv: what it may say, and the data with it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful

from vitreous.core.item import Source
from vitreous.data.decode import content_key
from vitreous.data.sources import read_source
from vitreous.errors import DataError
from vitreous.fit.corrections import Correction, corrected, corrections_to_csv, matched, read_corrections, together


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return read_source(colourful(tmp_path / "photos", {"red": 4, "blue": 4}))


def key(source: Source, path: str) -> str:
    return content_key((source.root / path).read_bytes()).hex()


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    said = [
        Correction("red/=1.png", "relabel", "-blue", "ab", 2),
        Correction('a "b", \u2028c.png', "remove", "", "", 3),
        Correction("x", "keep", "x", "", 4),
    ]
    (tmp_path / "c.csv").write_bytes(corrections_to_csv(said))
    assert read_corrections(tmp_path / "c.csv") == said


def test_corrections_change_labels_and_leave_pictures_out(source: Source) -> None:
    said = [
        Correction("red/red-000.png", "relabel", "blue", key(source, "red/red-000.png")),
        Correction("blue/blue-000.png", "remove"),
        Correction("red/red-001.png", "keep", "red"),
        Correction("red/red-002.png", "relabel", "red"),
    ]
    changed, told = corrected(source, said)
    labels = {item.relative: item.label for item in changed.items}
    assert labels["red/red-000.png"] == "blue" and "blue/blue-000.png" not in labels and len(labels) == 7
    assert told == ["Corrections: 1 relabelled, 1 removed, 1 kept as they are, 1 already so."]
    assert [(each.relative, each.reason) for each in changed.left_out] == [("blue/blue-000.png", "removed by a correction")]


def test_a_picture_that_was_moved_is_found_by_its_content(source: Source) -> None:
    said = [Correction("red/red-000.png", "relabel", "blue", key(source, "red/red-000.png"))]
    (source.root / "red/red-000.png").rename(source.root / "red/other.png")
    assert matched(read_source(source.root), said).relabelled == {"red/other.png": "blue"}


def test_another_file_in_the_place_is_left_as_it_is(source: Source) -> None:
    said = [Correction("red/red-000.png", "relabel", "blue", key(source, "red/red-000.png")), Correction("red/red-001.png", "keep", "red")]
    (source.root / "red/red-000.png").write_bytes((source.root / "blue/blue-003.png").read_bytes() + b"\0")
    found = matched(read_source(source.root), said)
    assert found.changed == ["red/red-000.png"] and not found.relabelled
    assert "another file stands there since: red/red-000.png" in found.sentences[1]


def test_unknown_pictures_are_named_and_refused_where_there_is_no_other(source: Source) -> None:
    strange = Correction("red/none.png", "relabel", "blue", "00" * 16)
    assert matched(source, [strange, Correction("red/red-001.png", "keep", "red")]).unknown == ["red/none.png"]
    with pytest.raises(DataError, match=r"not one of 1 picture, such as red/none.png, is in"):
        matched(source, [strange])


def test_an_unknown_label_is_refused_with_the_nearest(source: Source) -> None:
    with pytest.raises(DataError, match=r"line 7: the label 'bleu' for red/red-000.png; a label of the data; did you mean 'blue'\?"):
        matched(source, [Correction("red/red-000.png", "relabel", "bleu", "", 7)])


def test_a_class_that_is_emptied_is_said(source: Source) -> None:
    changed, told = corrected(source, [Correction(f"red/red-00{n}.png", "remove") for n in range(4)])
    assert changed.labels == ["blue"] and told[-1] == "No picture is left of red."


def test_what_was_said_later_counts(source: Source) -> None:
    earlier = [Correction("a", "relabel", "x", "k1"), Correction("b", "keep", "y", "k2")]
    assert together(earlier, [Correction("c", "remove", "", "k1")]) == [Correction("b", "keep", "y", "k2"), Correction("c", "remove", "", "k1")]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the table is empty"),
        ("image,label\na,b", "it has the columns image, label; needed are path,action,label,hash"),
        ("path,action,label\na,rename,b", "line 2: the action 'rename'; one of keep, relabel, remove"),
        ("path,action,label\n,keep,b", "line 2: no path"),
        ("path,action,label\na,relabel,", "line 2: relabel without a label"),
        ("path,action,label\na,relabel,b\na,remove,", "line 3: line 2 says something else of a; each picture once"),
        ('path,action,label\n"a,keep', "a quotation mark is not closed"),
        ("path,action,label\n\0", "zero bytes"),
    ],
)
def test_what_is_no_table_of_corrections_is_said(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "c.csv").write_bytes(text.encode())
    with pytest.raises(DataError, match=f"cannot read the corrections .*c.csv.*{what}"):
        read_corrections(tmp_path / "c.csv")


def test_a_missing_file_or_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_corrections(tmp_path / "none.csv")
    with pytest.raises(DataError, match="it is no file"):
        read_corrections(tmp_path)
