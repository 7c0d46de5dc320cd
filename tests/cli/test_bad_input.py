"""What users bring by mistake: each ends in one clear line and an exit code, with nothing lost, never in a traceback or a hang."""

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, colourful, small_facts, small_model
from trained_run import Said

from vitreous.infer.network import Network

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
ESCAPE = "\x1b]0;title\x07\x1b[31m"
posix = pytest.mark.skipif(sys.platform == "win32", reason="names and files of POSIX")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_shipped: Network) -> Path:
    """photos/red and photos/green with 8 pictures each, in the current folder."""
    monkeypatch.chdir(tmp_path)
    colourful(tmp_path / "photos", {"red": 8, "green": 8})
    return Path("photos")


def is_one_line(said: Said, code: int = 1) -> bool:
    """A failure in one line, without a control code, and nothing on standard output."""
    whole = said.code == code and said.out == "" and said.err.startswith("error: ") and said.err.count("\n") == 1
    return whole and "internal error" not in said.err and "\x1b" not in said.err


# What is no data


def test_folders_without_classes_to_learn_are_told_apart(photos: Path, vitreous: Vitreous) -> None:
    Path("empty").mkdir()
    shutil.copytree(photos, "single")
    (Path("single") / "blue").mkdir()
    shutil.copy(photos / "red" / "red-000.png", Path("single") / "blue")
    for name, words in {
        "empty": "the folder is empty; needed is one folder for each class",
        "photo": "there is no such folder or file; did you mean 'photos'?",
        "photos/red": "8 pictures directly in it, in no class folder",
        "photos/red/red-000.png": "it is a single picture",
        "single": "only one picture in class 'blue'",
    }.items():
        said = vitreous("train", name)
        assert is_one_line(said) and words in said.err, name
    assert not Path("runs").exists()


def test_only_nested_pictures_are_found_by_the_first_folder(photos: Path, vitreous: Vitreous) -> None:
    for label in ("red", "green"):
        (Path("deep") / label / "2024").mkdir(parents=True)
        shutil.move(photos / label, Path("deep") / label / "2024" / "may")
    assert json.loads(vitreous("train", "deep", "--dry-run", "--json").out)["data"] == {"pictures": 16, "classes": ["green", "red"], "left_out": 0}


def test_files_that_are_no_pictures_are_left_out_counted_and_listed(photos: Path, vitreous: Vitreous) -> None:
    red = photos / "red"
    (red / "zero.jpg").touch()
    (red / "page.png").write_bytes(b"<!DOCTYPE html><html>")
    (red / "cut.png").write_bytes((red / "red-000.png").read_bytes()[:900])
    (red / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (red / "note.txt").write_text("x")
    said = vitreous("train", "photos")
    assert said.code == 0, said.err
    assert "2 entries are left out: red/note.txt (no picture (.txt)), red/phone.heic (HEIC photo (.heic), not read here; convert" in said.err
    assert "left out: red/zero.jpg: zero bytes" in said.err and "left out: red/page.png: a web page, not a picture" in said.err
    assert (Path("runs/photos-1/items.csv").read_text()).count("red/") == 8 + 5


def test_a_class_of_broken_files_is_no_class_and_the_files_are_named(photos: Path, vitreous: Vitreous) -> None:
    for picture in (photos / "red").iterdir():
        picture.write_bytes(b"\xff\xd8\xff\xe0broken")
    said = vitreous("train", "photos")
    assert said.code == 1 and "left out, such as red/red-000.png: the file ends early" in said.err
    assert not list(Path("runs").iterdir())


def test_a_folder_of_heic_photos_is_answered_photo_by_photo_with_the_remedy(
    photos: Path, coloured: Coloured, vitreous: Vitreous, tmp_path: Path
) -> None:
    (tmp_path / "phone").mkdir()
    for number in (1, 2):
        (tmp_path / "phone" / f"{number}.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    said = vitreous("predict", coloured.run.path, "phone")
    assert said.code == 1 and said.err.count("a HEIC photo; convert them to JPEG or PNG") == 2


@posix
def test_pipes_sockets_devices_and_circles_are_passed_by_and_named(photos: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    red = photos / "red"
    os.mkfifo(red / "pipe.jpg")
    (red / "null.jpg").symlink_to("/dev/null")
    (red / "nothing.jpg").symlink_to("nowhere")
    (red / "self.jpg").symlink_to("self.jpg")
    (red / "round").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(red / "socket.jpg"))
        data = json.loads(vitreous("train", "photos", "--dry-run", "--json").out)["data"]
        said = vitreous("predict", coloured.run.path, "photos")
    assert (data["pictures"], data["left_out"]) == (16, 6)
    assert said.code == 1 and said.out.count("\n") == 16
    assert [line.rsplit("/", 1)[1] for line in said.err.splitlines()] == [
        "nothing.jpg: no such file or directory",
        "null.jpg: a device, not a file",
        "pipe.jpg: a named pipe, not a file",
        "self.jpg: too many levels of symbolic links",
        "socket.jpg: a socket or a device, not a file",
    ]


@posix
def test_predict_sees_the_pictures_that_train_sees(photos: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    shutil.copytree(photos / "red", "elsewhere")
    (photos / "linked").symlink_to(Path("elsewhere").resolve())
    (photos / "red" / "red-000.png").rename(photos / "red" / "no suffix")
    trained_on = json.loads(vitreous("train", "photos", "--dry-run", "--json").out)["data"]["pictures"]
    said = vitreous("predict", coloured.run.path, "photos")
    assert said.code == 0 and said.out.count("\n") == trained_on == 24 and "photos/red/no suffix" in said.out


def test_pictures_that_are_one_pixel_or_one_line_are_pictures(photos: Path, vitreous: Vitreous) -> None:
    for number, size in enumerate([(1, 1), (1, 10_000), (10_000, 1)]):
        Image.new("RGB", size).save(photos / "red" / f"odd-{number}.png")
    assert vitreous("train", "photos").code == 0
    said = vitreous("predict", "runs/photos-1", "photos/red")
    assert said.code == 0 and said.out.count("\n") == 11


# Tables


def table(name: str, rows: str, header: str = "image,label") -> str:
    Path(name).write_text(f"{header}\n{rows}", encoding="utf-8", newline="")
    return name


ROWS = "".join(f"photos/{label}/{label}-{number:03}.png,{label}\n" for label in ("red", "green") for number in range(8))


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        ("", "image,label", "there is a header, but no row below it"),
        (ROWS, "picture,label", "there is no column 'image', only 'picture', 'label'"),
        (ROWS, "image,\x1b[31m", "there is no column 'label'"),
        ("a.png,red\nb.png,green\n", "image,label", "a.png: row 2: there is no such file"),
        (ROWS + '"photos/red/red-000.png,red\n' + ROWS, "image,label", "a quotation mark is not closed, in line 18"),
        ("x" * 200_000 + ",red\n", "image,label", "no table (field larger than field limit"),
        ("../x.png,red\n/etc/passwd,red\n", "image,label", "row 2: the path leads out of the table's folder"),
    ],
)
def test_a_table_that_cannot_be_used_is_said(rows: str, header: str, words: str, photos: Path, vitreous: Vitreous) -> None:
    said = vitreous("train", table("t.csv", rows, header))
    assert is_one_line(said) and words in said.err and len(said.err) < 600


@pytest.mark.parametrize(("content", "words"), [(b"", "the table is empty"), (b"image,label\ncaf\xe9.png,x\n", "the byte 0xe9 in line 2")])
def test_a_table_in_another_encoding_or_without_content_is_said(content: bytes, words: str, photos: Path, vitreous: Vitreous) -> None:
    Path("t.csv").write_bytes(content)
    said = vitreous("train", "t.csv")
    assert is_one_line(said) and words in said.err


@pytest.mark.parametrize("variant", ["\ufeff{}", "{};", "{}\t", "{}\r", '{}"'])
def test_usual_ways_to_write_a_table_are_read(variant: str, photos: Path, vitreous: Vitreous) -> None:
    text = "image,label\n" + ROWS.rstrip("\n")
    if variant.startswith("\ufeff"):
        text = "\ufeff" + text
    elif variant[-1] in ";\t":
        text = text.replace(",", variant[-1])
    elif variant[-1] == "\r":
        text = text.replace("\n", "\r\n")
    else:
        text = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.split("\n"))
    Path("t.csv").write_bytes(text.encode())
    assert json.loads(vitreous("train", "t.csv", "--dry-run", "--json").out)["data"]["pictures"] == 16


def test_rows_that_cannot_be_used_are_counted_aloud_by_reason(photos: Path, vitreous: Vitreous) -> None:
    extra = "photos/red/red-000.png,red\nphotos/red/red-001.png,green\nnope.png,red\nnope2.png,red\n"
    said = vitreous("train", table("t.csv", ROWS + extra), "--dry-run")
    assert said.code == 0 and "4 entries are left out: 2 such as nope.png (there is no such file)" in said.err
    assert "(repeats another row)" in said.err and "give it different labels: 'green', 'red'" in said.err


def test_labels_of_any_kind_are_kept_and_shown_harmlessly(photos: Path, vitreous: Vitreous) -> None:
    labels = ["=1+1", ESCAPE, "\u202eabc", "<b>x</b>", "..", "L" * 300, "Red", "red"]
    rows = "".join(f"photos/{c}/{c}-{n:03}.png,{labels[(n + 4 * (c == 'red')) % 8]}\n" for c in ("red", "green") for n in range(8))
    said = vitreous("train", table("t.csv", rows), "--name", "labels")
    assert said.code == 0 and "\x1b" not in said.err + said.out and "\u202e" not in said.err, said.err
    assert "the classes 'Red', 'red' differ only in case or spaces and are kept apart" in said.err
    run = Path("runs/labels-1")
    assert json.loads((run / "run.json").read_bytes())["facts"]["labels"] == sorted(labels)
    assert b"\x1b" not in (run / "items.csv").read_bytes() + (run / "predictions.csv").read_bytes()
    (line,) = vitreous("predict", run, "photos/red/red-000.png", "--json", "--top", "99").lines()
    assert sorted(answer["label"] for answer in line["answers"]) == sorted(labels)


# Names


@posix
def test_names_of_any_bytes_pass_through_every_command(photos: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    names = [b"two\nlines", b"-rf", b"--json", b"\xff\xfe", "🐱".encode(), b"x" * 251, ESCAPE.encode(), b"=1+1", b"<b>", b"*?[x]", b"~"]
    for name, picture in zip(names * 2, sorted(photos.glob("*/*")), strict=False):
        os.rename(picture, os.path.join(os.fsencode(picture.parent), name + b".png"))
    said = vitreous("train", "photos")
    assert said.code == 0 and "\x1b" not in said.err
    for command in (["evaluate", "runs/photos-1"], ["evaluate", "runs/photos-1", "photos"], ["predict", "runs/photos-1", "photos"]):
        said = vitreous(*command)
        assert said.code == 0 and "\x1b" not in said.out + said.err, said.err
    listed = vitreous("predict", "runs/photos-1", "-", "--json", stdin=b"\0".join(map(os.fsencode, sorted(photos.glob("*/*")))))
    assert listed.code == 0 and {line["image"] for line in listed.lines()} == set(map(str, photos.glob("*/*")))


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "photos", ESCAPE],
        ["train", ESCAPE],
        ["train", "photos", "--engine", ESCAPE],
        ["train", "photos", "--seed", ESCAPE],
        ["train", "photos", "--settings", ESCAPE],
        ["train", "photos", "--group", ESCAPE],
        ["train", "photos", f"--{ESCAPE}"],
        ["predict", ESCAPE],
        ["predict", ESCAPE, "photos"],
        ["predict", f"{ESCAPE}.onnx", "photos"],
        ["evaluate", ESCAPE],
        ["evaluate", "a", "b", ESCAPE],
        ["sample", ESCAPE, "x"],
        [ESCAPE],
    ],
)
def test_what_was_typed_comes_back_without_control_codes(
    arguments: list[str], photos: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click._compat.should_strip_ansi", lambda *_, **__: False)  # as on a terminal
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_, **__: False)
    said = vitreous(*arguments)
    shown = said.err.replace("\x1b[31merror: \x1b[0m", "")
    assert said.code in (1, 2) and "\x1b" not in shown and "\x07" not in shown and "\\x1b" in shown


@pytest.mark.parametrize("name", ["../../x", ".", "/", "-x", "n" * 300, "🐱", "a b"])
def test_a_run_lies_in_the_folder_of_runs_whatever_its_name(name: str, photos: Path, vitreous: Vitreous) -> None:
    said = vitreous("train", "photos", "--name", name)
    assert (
        said.code == 0
        and Path(said.out.strip()).parent == Path("runs")
        and [each.name for each in Path("runs").iterdir()] == [Path(said.out.strip()).name]
    )


# Options


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", ""],
        ["train", "photos", "--name", ""],
        ["train", "photos", "--runs", ""],
        ["train", "photos", "--settings", ""],
        ["train", "photos", "--group", ""],
        ["predict", ""],
        ["predict", "photos", "--out", ""],
        ["predict", "photos", "--max-pixels", "0"],
        ["evaluate", ""],
        ["sample", "clothing", ""],
        *(["train", "photos", "--minutes", value] for value in ("0", "-1", "1e9", "nan", "inf")),
        *(["train", "photos", "--seed", value] for value in ("-1", "4294967296", "1.5")),
        *(["train", "photos", "--group", value] for value in ("(", "zzz", "x*", "png")),
    ],
)
def test_a_value_that_cannot_be_meant_is_wrong_use_before_anything_is_done(arguments: list[str], photos: Path, vitreous: Vitreous) -> None:
    said = vitreous(*arguments)
    assert said.code == 2 and said.out == "" and "Traceback" not in said.err and os.listdir() == ["photos"]


@pytest.mark.parametrize("content", ['seed = "x"', "minutes = true", "minutes = nan", "seed = -1", "sed = 1", "seed =", "[a]\nb = 1"])
def test_a_settings_file_that_cannot_be_meant_is_wrong_use(content: str, photos: Path, vitreous: Vitreous) -> None:
    Path("s.toml").write_text(content)
    assert is_one_line(vitreous("train", "photos", "--settings", "s.toml"), 2)


def test_predict_says_what_the_first_name_is_when_it_is_no_run(photos: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    picture = photos / "red" / "red-000.png"
    Path("nothing").mkdir()
    for first, words in {
        coloured.run.path.parent: "is no run: it holds 1 run; needed is one of them; newest: ",
        Path("nothing"): "is no run: it is empty",
        Path("runs/photos-7"): "there is no run",
    }.items():
        said = vitreous("predict", first, picture)
        assert is_one_line(said) and words in said.err


def test_a_missing_picture_stops_no_other_also_when_it_is_named_first(photos: Path, vitreous: Vitreous) -> None:
    said = vitreous("predict", "gone.jpg", photos / "red" / "red-000.png")
    assert said.code == 1 and said.out.count("\n") == 1 and "error: gone.jpg: no such file or directory" in said.err


@pytest.mark.parametrize("out", ["gone/answers.txt", "photos", "photos/red/red-000.png/x"])
def test_a_place_for_answers_that_cannot_be_written_is_said_before_the_work(out: str, photos: Path, vitreous: Vitreous) -> None:
    before = sorted(Path().rglob("*"))
    said = vitreous("predict", "no picture at all", "--out", out)
    assert is_one_line(said) and f"cannot write {out}: " in said.err and sorted(Path().rglob("*")) == before


# Runs and models


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"[" * 100_000, b'{"schema": 99}', b'{"schema": 1}', b"\xff\xfe"])
def test_a_run_json_that_is_none_is_said(content: bytes, coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    shutil.copytree(coloured.run.path, tmp_path / "run")
    (tmp_path / "run" / "run.json").write_bytes(content)
    for command in (["evaluate", tmp_path / "run"], ["predict", tmp_path / "run", next(coloured.data.glob("*/*"))]):
        assert is_one_line(vitreous(*command))


@posix
@pytest.mark.parametrize("name", ["run.json", "model.onnx", "items.csv"])
def test_a_pipe_in_the_place_of_a_file_of_a_run_is_not_waited_for(name: str, coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    run = tmp_path / "run"
    shutil.copytree(coloured.run.path, run)
    (run / name).unlink()
    os.mkfifo(run / name)
    said = vitreous("evaluate", run)
    assert is_one_line(said) and name in said.err


def test_a_model_whose_labels_do_not_fit_is_refused(photos: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    facts = small_facts()
    for name, changed in {"few": {"labels": ["a"]}, "none": {"labels": []}, "view": {"view": {"kind": "crop", "size": -4, "short_side": 0}}}.items():
        (tmp_path / f"{name}.onnx").write_bytes(small_model({"vitreous": json.dumps(facts | changed)}))
        assert is_one_line(vitreous("predict", tmp_path / f"{name}.onnx", photos / "red" / "red-000.png"))


def test_a_moved_run_answers_and_is_measured(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    shutil.copytree(coloured.run.path, tmp_path / "elsewhere")
    here, there = vitreous("evaluate", coloured.run.path, "--json"), vitreous("evaluate", tmp_path / "elsewhere", "--json")
    assert here.code == there.code == 0 and here.out == there.out


# Labels that may be meant otherwise


@pytest.mark.parametrize(
    ("cells", "header", "words"),
    [
        (("?", "?"), "image,label", "the column 'label' holds no label: only '?', which is how an unknown one is written"),
        (("?", ""), "image,label", "the column 'label' holds no label: only '?', empty cells, which"),
        (
            ("?,nan", ",?"),
            "image,a,b",
            "the columns 'a', 'b' hold no label: every cell is empty, '?' or 'nan', which is how an unknown one is written; 0",
        ),
        (("", ""), "image,label", "none of its 16 rows has a label"),
    ],
)
def test_a_table_in_which_no_label_is_known_is_said(cells: tuple[str, str], header: str, words: str, photos: Path, vitreous: Vitreous) -> None:
    rows = "".join(f"photos/{c}/{c}-{n:03}.png,{cells[n % 2]}\n" for c in ("red", "green") for n in range(8))
    said = vitreous("train", table("t.csv", rows, header))
    assert is_one_line(said) and words in said.err


def test_labels_with_commas_and_question_marks_are_one_label_and_what_else_may_be_meant_is_said(photos: Path, vitreous: Vitreous) -> None:
    rows = "".join(f'photos/{c}/{c}-{n:03}.png,"{c},{("big", "small")[n % 2]}"\n' for c in ("red", "green") for n in range(8))
    said = vitreous("train", table("t.csv", rows), "--dry-run")
    assert said.code == 0 and "the cells of 'label' with commas, such as 'green,small', are read as one label each" in said.err
    assert "'green;small' would be several" in said.err
    rows = "".join(f"photos/{c}/{c}-{n:03}.png,{(c, '?')[n % 2]}\n" for c in ("red", "green") for n in range(8))
    said = vitreous("train", table("t.csv", rows), "--dry-run")
    assert said.code == 0 and "the label '?' of 'label' is learned as a class; an empty cell says that nobody knows" in said.err


@pytest.mark.parametrize("arguments", [["--epochs", "3"], ["--trainer", "torch"], []])
def test_an_unknown_network_is_named_whatever_else_is_asked(arguments: list[str], photos: Path, vitreous: Vitreous) -> None:
    said = vitreous("train", "photos", "--net", "lenett", *arguments)
    assert is_one_line(said, 2) and "'lenet'" in said.err
