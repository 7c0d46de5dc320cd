"""`vitreous predict`: what it takes, what it writes, how it ends."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, small_model
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


@pytest.fixture
def pictures(coloured: Coloured, tmp_path: Path) -> Path:
    """Five pictures and a broken one, in a folder with a folder in it."""
    folder = tmp_path / "new"
    (folder / "sub").mkdir(parents=True)
    for number, name in enumerate(["b.png", "a.png", "c.PNG", "sub/d.png", "sub/e.png"]):
        shutil.copy(coloured.data / "red" / f"red-{number:03}.png", folder / name)
    return folder


def schema_errors(value: Any) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / "predict.json").read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def test_one_picture_is_answered_by_label_and_confidence(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    said = vitreous("predict", coloured.run.path, pictures / "a.png")
    label, confidence = said.out.rstrip("\n").split("\t")
    assert said.code == 0 and said.err == "" and label in ("red", "green", "blue") and 1 / 3 <= float(confidence) <= 1


def test_several_are_answered_with_their_names_in_the_order_asked_for(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    asked = [str(pictures / name) for name in ("c.PNG", "a.png", "b.png", "a.png")]
    said = vitreous("predict", coloured.run.path, *asked)
    assert said.code == 0 and [line.split("\t")[0] for line in said.out.splitlines()] == asked


def test_a_folder_stands_for_all_pictures_in_it(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    (pictures / ".hidden.png").write_bytes(b"x")
    (pictures / "notes.txt").write_text("x")
    said = vitreous("predict", coloured.run.path, pictures, "--json")
    assert [Path(line["image"]).relative_to(pictures).as_posix() for line in said.lines()] == ["a.png", "b.png", "c.PNG", "sub/d.png", "sub/e.png"]


def test_a_pattern_stands_for_what_matches(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    said = vitreous("predict", coloured.run.path, pictures / "*.png", pictures / "**" / "e.png", "--json")
    assert [Path(line["image"]).name for line in said.lines()] == ["a.png", "b.png", "e.png"]
    nothing = vitreous("predict", coloured.run.path, pictures / "*.gif")
    assert nothing.code == 1 and "nothing matches" in nothing.err


def test_a_file_called_like_a_pattern_is_that_file(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    (pictures / "a.png").rename(pictures / "a[1]*.png")
    assert [line["image"] for line in vitreous("predict", coloured.run.path, pictures / "a[1]*.png", "--json").lines()] == [
        str(pictures / "a[1]*.png")
    ]


def test_a_hyphen_reads_the_list_from_standard_input(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    listed = f"{pictures / 'b.png'}\r\n\n{pictures / 'a.png'}\n{pictures / 'sub'}".encode()
    said = vitreous("predict", coloured.run.path, "-", "--json", stdin=listed)
    assert [Path(line["image"]).name for line in said.lines()] == ["b.png", "a.png", "d.png", "e.png"]
    assert vitreous("predict", coloured.run.path, "-", stdin=b"\n").code == 1


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_names_that_are_no_utf8_are_answered(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    name = os.fsencode(pictures) + b"/\xff\xfe.png"
    shutil.copy(pictures / "a.png", name)
    said = vitreous("predict", coloured.run.path, "-", "--json", stdin=name + b"\n")
    (line,) = said.lines()
    assert said.code == 0 and os.fsencode(line["image"]) == name and said.out.isascii()
    assert vitreous("predict", coloured.run.path, "-", pictures / "a.png", stdin=name + b"\n").code == 0


@pytest.mark.parametrize("name", ["-x.png", "--top.png", "sp ace.png", "two\nlines.png", "🐱.png", "n" * 251 + ".png", "=1+1.png"])
def test_pictures_may_be_called_anything(name: str, coloured: Coloured, pictures: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch) -> None:
    (pictures / "a.png").rename(pictures / name)
    monkeypatch.chdir(pictures)
    said = vitreous("predict", coloured.run.path, "--json", "--", name)
    assert said.code == 0 and [line["image"] for line in said.lines()] == [name] and not schema_errors(said.lines()[0])
    assert len(vitreous("predict", coloured.run.path, "--", name, "b.png").out.splitlines()) == 2  # a line each, whatever is in the name


def test_json_lines_fit_the_schema_also_for_broken_files(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    (pictures / "b.png").write_bytes(b"broken")
    said = vitreous("predict", coloured.run.path, pictures, pictures / "missing.jpg", "--json")
    assert said.code == 1 and said.err == ""
    assert [sorted(line) for line in said.lines()] == [["answers", "image"], ["error", "image"], *[["answers", "image"]] * 3, ["error", "image"]]
    for line in said.lines():
        assert schema_errors(line) == []
        if "answers" in line:
            assert sum(answer["confidence"] for answer in line["answers"]) == pytest.approx(1, abs=1e-4) and len(line["answers"]) == 3


def test_a_broken_file_is_said_and_the_others_are_answered(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    (pictures / "b.png").write_bytes(b"broken")
    said = vitreous("predict", coloured.run.path, pictures)
    assert said.code == 1 and len(said.out.splitlines()) == 4
    assert said.err.startswith(f"error: {pictures / 'b.png'}: ") and said.err.count("\n") == 1


def test_a_single_file_that_is_not_there_is_said(coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("predict", coloured.run.path, "missing.jpg")
    assert (said.code, said.out, said.err) == (1, "", "error: missing.jpg: no such file or directory\n")


@pytest.mark.parametrize(("top", "count"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_top_is_how_many_classes_are_given(top: int, count: int, coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    (line,) = vitreous("predict", coloured.run.path, pictures / "a.png", "--json", "--top", str(top)).lines()
    confidences = [answer["confidence"] for answer in line["answers"]]
    assert len(confidences) == count and confidences == sorted(confidences, reverse=True)
    text = vitreous("predict", coloured.run.path, pictures / "a.png", "--top", str(top)).out.splitlines()
    assert [row.split("\t")[0] for row in text] == [answer["label"] for answer in line["answers"]]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_is_a_table_with_a_row_for_each_picture(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    (pictures / "b.png").write_bytes(b"broken")
    said = vitreous("predict", coloured.run.path, pictures, "--csv")
    table = rows(said.out)
    assert said.code == 1 and list(table[0]) == ["image", "label", "confidence", "error"] and len(table) == 5
    assert table[1]["label"] == table[1]["confidence"] == "" and table[1]["error"]
    assert all(row["label"] and 0 < float(row["confidence"]) <= 1 and not row["error"] for row in table if "b.png" not in row["image"])
    second = vitreous("predict", coloured.run.path, pictures, "--csv", "--top", "5")
    assert list(rows(second.out)[0])[:5] == ["image", "label", "confidence", "label_2", "confidence_2"]
    assert {len(line) for line in csv.reader(io.StringIO(second.out))} == {12}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0.png", "+1.png", "@x.png", "-2.png", "two\nlines.png", 'quo"te,comma.png', "\tx.png"])
def test_no_name_becomes_a_formula_or_breaks_the_table(
    name: str, coloured: Coloured, pictures: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pictures / "a.png").rename(pictures / name.replace("/", "_"))
    monkeypatch.chdir(pictures)
    (row,) = rows(vitreous("predict", coloured.run.path, "--csv", "--", name.replace("/", "_")).out)
    assert not row["image"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert row["image"].removeprefix("'") == name.replace("/", "_") and row["label"]


def test_no_label_becomes_a_formula_or_a_control_code(pictures: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(small_model(labels=["=1+1", "\x1b[2J", "@SUM(A1)"]))
    table = rows(vitreous("predict", model, pictures / "a.png", "--csv", "--top", "3").out)
    cells = [table[0][key] for key in ("label", "label_2", "label_3")]
    assert not any(cell.startswith(("=", "@")) for cell in cells)
    assert "\x1b" not in vitreous("predict", model, pictures / "a.png", "--top", "3").out


def test_no_control_code_reaches_a_table(pictures: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(small_model(labels=["a", "\x1b[2J", "b"]))
    assert "\x1b" not in vitreous("predict", model, pictures / "a.png", "--csv", "--top", "3").out


@pytest.mark.parametrize("form", ["--json", "--csv", None])
def test_out_gets_what_standard_output_would_have(form: str | None, coloured: Coloured, pictures: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    (pictures / "b.png").write_bytes(b"broken")
    asked = ["predict", str(coloured.run.path), str(pictures), *([form] if form else [])]
    plain, out = vitreous(*asked), tmp_path / "answers"
    said = vitreous(*asked, "--out", out)
    assert said.out == "" and out.read_text() == plain.out and said.code == 1
    assert f"4 answers in {out}, 1 failed" in said.err and "b.png" in said.err


def test_an_out_file_that_cannot_be_written_is_said_and_nothing_is_left(
    coloured: Coloured, pictures: Path, tmp_path: Path, vitreous: Vitreous
) -> None:
    said = vitreous("predict", coloured.run.path, pictures, "--out", tmp_path / "no" / "folder.txt")
    assert said.code == 1 and "cannot write" in said.err and "Traceback" not in said.err
    assert vitreous("predict", coloured.run.path, pictures, "--out", tmp_path).code == 1
    assert not list(tmp_path.glob(".*"))


def test_a_model_file_answers_like_its_run_wherever_it_lies(coloured: Coloured, pictures: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    shutil.copy(coloured.run.path / "model.onnx", tmp_path / "mine.onnx")
    by_run, in_run, copied = (
        vitreous("predict", model, pictures / "a.png", "--json")
        for model in (coloured.run.path, coloured.run.path / "model.onnx", tmp_path / "mine.onnx")
    )
    assert by_run.code == 0 and by_run.out == in_run.out == copied.out


def test_the_run_may_be_named_with_a_slash_behind_it(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    assert vitreous("predict", f"{coloured.run.path}/", pictures / "a.png").code == 0


def test_a_model_from_elsewhere_is_refused_and_called_so(pictures: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    (tmp_path / "m.onnx").write_bytes(small_model({}))
    said = vitreous("predict", tmp_path / "m.onnx", pictures / "a.png")
    assert said.code == 1 and "m.onnx comes from elsewhere" in said.err and said.out == ""
    (tmp_path / "m.onnx").write_bytes(b"nothing")
    assert "m.onnx is no ONNX model" in vitreous("predict", tmp_path / "m.onnx", pictures / "a.png").err


def test_a_damaged_model_of_a_run_is_refused_by_name(coloured: Coloured, pictures: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    copy = tmp_path / "copy-1"
    shutil.copytree(coloured.run.path, copy)
    content = bytearray((copy / "model.onnx").read_bytes())
    content[1000] ^= 1
    (copy / "model.onnx").write_bytes(content)
    for name in (copy, copy / "model.onnx"):
        said = vitreous("predict", name, pictures / "a.png")
        assert said.code == 1 and "changed: model.onnx" in said.err and said.out == ""


def test_a_run_that_is_not_there_is_called_so_and_not_a_broken_picture(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    said = vitreous("predict", coloured.run.path.with_name("colours-7"), pictures / "a.png")
    assert said.code == 1 and "there is no run" in said.err and "colours-1" in said.err


def test_a_run_without_a_picture_is_wrong_use(coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("predict", coloured.run.path)
    assert said.code == 2 and "no picture was named" in said.err


@pytest.mark.parametrize("wrong", [["--engine", "cuda"], ["--top", "0"], ["--top", "x"], ["--max-pixels", "x"], ["--colour"]])
def test_a_wrong_option_is_wrong_use(wrong: list[str], coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    said = vitreous("predict", coloured.run.path, pictures / "a.png", *wrong)
    assert said.code == 2 and said.out == "" and "Traceback" not in said.err


def test_every_engine_gives_the_same_answer(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    pytest.importorskip("onnxruntime")
    ours, theirs = (
        vitreous("predict", coloured.run.path, pictures, "--json", "--engine", engine).lines() for engine in ("openvino-f32", "onnxruntime")
    )
    for one, other in zip(ours, theirs, strict=True):
        assert [a["label"] for a in one["answers"]] == [a["label"] for a in other["answers"]]
        assert [a["confidence"] for a in one["answers"]] == pytest.approx([a["confidence"] for a in other["answers"]], abs=1e-4)


def test_a_limit_of_pixels_and_truncated_files_can_be_set(coloured: Coloured, pictures: Path, vitreous: Vitreous) -> None:
    few = vitreous("predict", coloured.run.path, pictures / "a.png", "--max-pixels", "100")
    assert few.code == 1 and "1,920 pixels; at most 100" in few.err
    cut = pictures / "cut.png"
    cut.write_bytes((pictures / "a.png").read_bytes()[:-1500])
    assert vitreous("predict", coloured.run.path, cut).code == 1
    assert vitreous("predict", coloured.run.path, cut, "--tolerate-truncated").code == 0


def test_without_a_run_the_shipped_network_answers(photos: Path, vitreous: Vitreous) -> None:
    (line,) = vitreous("predict", photos / "shoes" / "shoes-01.jpg", "--json").lines()
    assert len(line["answers"]) == 5 and schema_errors(line) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_a_reader_that_goes_away_ends_it_without_a_word(coloured: Coloured, pictures: Path) -> None:
    names = "\n".join([str(pictures / "a.png")] * 3000).encode()
    command = [sys.executable, "-m", "vitreous", "predict", str(coloured.run.path), "-", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(names)
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait(timeout=30) == 1
