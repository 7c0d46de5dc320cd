"""The whole look: what is found in folders of every layout, and that no picture is decoded twice."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import COLOURS, Told, coloured_picture, colourful

from vitreous.core.reporter import Quiet
from vitreous.data import decode as decoding
from vitreous.data.decode import Decoded, Policy
from vitreous.data.pack import open_pack
from vitreous.data.sources import read_source
from vitreous.errors import DataError, UsageError
from vitreous.fit.methods import method_for
from vitreous.fit.plan import make_plan
from vitreous.fit.settings import TrainSettings
from vitreous.fit.training import train
from vitreous.infer.gather import Shelf
from vitreous.survey import Facts, look

pytest_plugins = ["shared_fixtures"]
pytestmark = pytest.mark.usefixtures("as_shipped")


def seen(path: Path, **options: str) -> Facts:
    return look(path, Policy(), Quiet(), **options)


def settle(folder: Path) -> Path:
    """Give every file an old time: what was written a moment ago is read again."""
    for file in folder.rglob("*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return folder


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The path of every file that is decoded."""
    paths: list[str] = []
    real = decoding.decode

    def counted(path: str, *rest: object) -> Decoded:
        paths.append(path)
        return real(path, *rest)

    monkeypatch.setattr("vitreous.infer.pipeline.decode", counted)
    return paths


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return settle(colourful(tmp_path / "photos", {"red": 12, "green": 9, "blue": 8}))


def pictures(folder: Path, count: int, seed: int = 0, label: str = "red") -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    rng, made = np.random.default_rng(seed), []
    for number in range(count):
        made.append(folder / f"{number}.png")
        coloured_picture(rng, label).save(made[-1])
    return made


def test_counts_sizes_formats_and_modes(data: Path) -> None:
    facts = seen(data)
    assert facts.num_images == 29 and facts.classes == {"blue": 8, "green": 9, "red": 12} and facts.splits == {}
    assert facts.formats == {"PNG": 29} and facts.modes == {"RGB": 29} and facts.kind == "class folders"
    assert facts.sizes is not None and facts.sizes.median == (48, 40) and facts.sizes.common == [(48, 40, 29)]
    assert facts.imbalance == 1.5 and not (facts.unreadable or facts.duplicates or facts.near_duplicates or facts.leaks or facts.odd)


@pytest.mark.slow
def test_look_and_a_training_decode_each_picture_once_between_them(data: Path, tmp_path: Path, decoded: list[str]) -> None:
    seen(data)
    assert len(decoded) == len(set(decoded)) == 29
    assert seen(data).num_images == 29 and len(decoded) == 29
    train(data, TrainSettings(runs=str(tmp_path / "runs")), Told())
    # the finished model is proved on eight pictures, which are decoded from their files on purpose
    assert len(decoded) <= 29 + 8


@pytest.mark.slow
def test_of_a_large_folder_the_plain_view_is_kept_and_of_the_sample_every_view(
    data: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    monkeypatch.setattr("vitreous.survey.looking._ALL_VIEWS", 10)
    seen(data)
    assert len(decoded) == len(set(decoded)) == 29
    source = read_source(data)
    plan = make_plan(source, method_for(TrainSettings(), source.items), TrainSettings())
    with open_pack(data, Policy().key) as pack:
        shelf = Shelf(pack, source.items)
        assert shelf.recall() == [] and len(plan.views) == 3
        for view in plan.views:
            kept = [number for number, key in enumerate(shelf.keys) if key in shelf.pixels_of(view)]
            assert kept == (list(range(29)) if view == plan.views[0] else plan.sample.tolist())


@pytest.mark.slow
def test_a_training_after_a_look_gives_the_same_model_as_one_without(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = []
    for name, first in (("looked", seen), ("not", lambda _: None)):
        monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / f"cache-{name}"))
        first(data)
        models.append(train(data, TrainSettings(runs=str(tmp_path / name)), Told()).read("model.onnx"))
    assert models[0] == models[1]


@pytest.mark.slow
def test_a_look_after_a_training_decodes_nothing(data: Path, tmp_path: Path, decoded: list[str]) -> None:
    train(data, TrainSettings(runs=str(tmp_path / "runs")), Told())
    del decoded[:]
    assert seen(data).num_images == 29 and decoded == []


def test_the_second_look_compares_no_pictures_and_says_the_same(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(data / "red/red-000.png", data / "red/copy.png")
    settle(data)
    first = seen(data)
    monkeypatch.setattr("vitreous.survey.copies.find_duplicates", None)
    second = seen(data)
    assert first.to_json() == second.to_json() and first.duplicates == [["red/copy.png", "red/red-000.png"]]


@pytest.mark.parametrize("damage", [b"", b"x" * 20, None])
def test_damaged_groups_in_the_cache_are_found_anew(data: Path, own_cache: Path, damage: bytes | None) -> None:
    first = seen(data)
    (file,) = own_cache.glob("packs/*/copies.bin")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content) if damage is None else damage)
    assert seen(data).to_json() == first.to_json()


def test_a_flat_folder_without_labels_is_looked_at(tmp_path: Path, decoded: list[str]) -> None:
    made = pictures(tmp_path / "flat", 4)
    shutil.copy(made[0], tmp_path / "flat" / "again.png")
    facts = seen(settle(tmp_path / "flat"))
    assert facts.num_images == 5 and facts.classes == {} and facts.splits == {} and facts.kind == "no labels"
    assert facts.duplicates == [["0.png", "again.png"]] and any("no labels" in remark for remark in facts.remarks)
    seen(tmp_path / "flat")
    assert len(decoded) == 5


def test_split_folders_without_labels_show_their_leaks(tmp_path: Path) -> None:
    made = pictures(tmp_path / "d/train", 4)
    pictures(tmp_path / "d/test", 3, seed=1)
    shutil.copy(made[2], tmp_path / "d/test/leaked.png")
    facts = seen(tmp_path / "d")
    assert facts.splits == {"train": {"": 4}, "test": {"": 4}} and facts.classes == {}
    assert [(leak.image, leak.other, leak.how) for leak in facts.leaks] == [("test/leaked.png", "train/2.png", "exact")]


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_pictures_are_facts_too(tmp_path: Path, count: int) -> None:
    pictures(tmp_path / "few", count)
    facts = seen(tmp_path / "few")
    assert facts.num_images == count and facts.odd == [] and facts.giveaways == []


def test_an_empty_folder_is_refused_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="the folder is empty"):
        seen(tmp_path / "empty")
    (tmp_path / "empty" / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"notes\.txt"):
        seen(tmp_path / "empty")
    with pytest.raises(DataError, match="no such folder"):
        seen(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="this is a folder"):
        seen(tmp_path / "empty", label_column="label")


def test_only_unreadable_files_are_named_with_their_reasons(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.png"):
        (tmp_path / name).write_bytes(b"no picture")
    (tmp_path / "c.heic").write_bytes(b"x")
    facts = seen(tmp_path)
    assert facts.num_images == 0 and facts.sizes is None and facts.classes == {}
    assert [entry.relative for entry in facts.unreadable] == ["a.jpg", "b.png", "c.heic"] and all(entry.reason for entry in facts.unreadable)
    assert "HEIC" in facts.unreadable[2].reason and facts.lines() and facts.to_json()["sizes"] is None


def test_only_copies_are_one_group(tmp_path: Path) -> None:
    (original,) = pictures(tmp_path / "d/a", 1)
    for number in range(5):
        shutil.copy(original, tmp_path / f"d/a/copy{number}.png")
    facts = seen(tmp_path / "d")
    assert len(facts.duplicates) == 1 and len(facts.duplicates[0]) == 6 and facts.near_duplicates == [] and facts.odd == []


def test_a_class_that_is_only_in_the_test_part_is_said(tmp_path: Path) -> None:
    for part, labels in (("train", ["red", "green"]), ("test", ["red", "green", "blue"])):
        for number, label in enumerate(labels):
            pictures(tmp_path / "d" / part / label, 3, seed=10 * len(part) + number, label=label)
    facts = seen(tmp_path / "d")
    assert facts.splits["test"] == {"blue": 3, "green": 3, "red": 3} and facts.splits["train"] == {"green": 3, "red": 3}
    assert "1 class has no training picture: blue" in facts.remarks


def test_one_picture_under_two_labels_and_a_leak_of_it(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for number, label in enumerate(COLOURS):
            pictures(tmp_path / "d" / part / label, 4, seed=100 * len(part) + number, label=label)
    shutil.copy(tmp_path / "d/train/red/1.png", tmp_path / "d/test/green/x.png")
    with Image.open(tmp_path / "d/train/blue/2.png") as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "d/test/blue/mirrored.png")
    facts = seen(tmp_path / "d")
    assert facts.contradictions == [[("test/green/x.png", "green"), ("train/red/1.png", "red")]]
    assert {(leak.image, leak.other, leak.how) for leak in facts.leaks} == {
        ("test/green/x.png", "train/red/1.png", "exact"),
        ("test/blue/mirrored.png", "train/blue/2.png", "near"),
    }


def test_a_table_with_splits_and_a_group_column(tmp_path: Path) -> None:
    pictures(tmp_path, 6)
    rows = ["image,label,split,patient", *(f"{n}.png,{'ab'[n % 2]},{'test' if n > 3 else 'train'},p{n % 5}" for n in range(6)), "gone.png,a,train,p9"]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    facts = seen(tmp_path / "t.csv", group="patient")
    assert facts.kind == "csv" and facts.num_images == 6 and facts.classes == {"a": 3, "b": 3}
    assert [(leak.image, leak.other, leak.how) for leak in facts.leaks] == [("5.png", "0.png", "group")]
    assert [entry.relative for entry in facts.left_out] == ["gone.png"] and "no such file" in facts.left_out[0].reason


def test_labels_and_names_of_any_kind_are_shown_harmlessly(tmp_path: Path) -> None:
    for number, label in enumerate(["<b>x", "a\x1b[31mb", "\u202eabc", "y" * 200, "=1+1", "X", "x"]):
        pictures(tmp_path / "d" / label, 2, seed=number)
    os.rename(tmp_path / "d/X/0.png", os.fsencode(tmp_path) + b"/d/X/\xff.png")
    facts = seen(tmp_path / "d")
    assert facts.num_images == 14 and facts.classes["a\x1b[31mb"] == 2
    assert "\x1b" not in repr(facts) and "\u202e" not in repr(facts) and "<b>x" not in facts._repr_html_()
    assert "differ only in case" in " ".join(facts.remarks)


def test_the_table_has_a_row_for_each_picture(data: Path) -> None:
    Image.new("RGB", (48, 40), "black").save(data / "red/black.png")
    facts = seen(data)
    table = facts.table()
    assert {len(column) for column in table.values()} == {30} and len(set(table["path"])) == 30
    row = table["path"].tolist().index("red/black.png")
    assert (table["label"][row], table["width"][row], table["brightness"][row]) == ("red", 48, 0) and "dark" in table["odd"][row]
    pandas = pytest.importorskip("pandas")
    assert pandas.DataFrame(table).groupby("label").size().to_dict() == {"blue": 8, "green": 9, "red": 13}


def test_a_disk_without_room_keeps_the_facts_and_no_pixels(data: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]) -> None:
    monkeypatch.setattr("vitreous.data.pack.free_bytes", lambda _: 200_000)
    seen(data)
    assert list(own_cache.glob("packs/*/facts-*.rows")) and not list(own_cache.glob("packs/*/pixels-*"))
    seen(data)
    assert len(decoded) == 29


def test_without_a_cache_everything_is_found_and_nothing_kept(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = seen(data).to_json()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / "file"))
    second = seen(data)
    assert "no cache folder can be used" in " ".join(second.remarks)
    assert {**second.to_json(), "remarks": []} == {**first, "remarks": []}


def test_progress_counts_to_the_last_picture(data: Path) -> None:
    counts: list[tuple[int, int]] = []

    class Counting(Quiet):
        def progress(self, stage: str, done: int, total: int) -> None:
            counts.append((done, total))

    look(data, Policy(), Counting())
    assert counts == [(number, 29) for number in range(1, 30)]


@pytest.mark.slow
def test_the_clothing_photos_give_nothing_away_and_few_are_odd(shared_data: Path, tmp_path: Path) -> None:
    for number, file in enumerate(sorted((shared_data / "clothing/train").glob("*/*.jpg"))):
        if number % 10 == 0:
            target = tmp_path / "d" / file.parent.name / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
    facts = seen(tmp_path / "d")
    assert facts.giveaways == [] and len(facts.odd) <= 1 and facts.duplicates == [] and facts.near_duplicates == []
