"""`vitreous see --page`: the file is written where it may be, and only there."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]


def test_the_page_is_written_and_its_command_names_the_network(model: Path, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    file = tmp_path / "page.html"
    said = vitreous("see", model, photo, "--page", file)
    assert (said.code, said.out, said.err) == (0, f"{file}\n", "")
    assert file.read_text().startswith("<!doctype html>") and "small.onnx" in file.read_text()
    (written,) = vitreous("see", model, photo, "--page", file, "--json").lines()
    assert written == {"page": str(file), "image": str(photo)}


@pytest.mark.parametrize(
    ("name", "others", "code", "message"),
    [
        ("page.png", [], 2, "--page {}: it ends with .png; a name that ends with .html or .htm"),
        ("none/page.html", [], 1, "none"),
        ("page.html", ["--value", "conv[0,0,0]"], 2, "cannot be given with"),
        ("page.html", ["--examples"], 2, "--examples of which pictures?"),
        ("page.html", ["--examples", "nowhere"], 1, "nowhere"),
        ("page.html", ["--atlas", "x.png"], 2, "cannot be given with"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_before_the_work(
    name: str, others: list[str], code: int, message: str, model: Path, photo: Path, tmp_path: Path, vitreous: Vitreous
) -> None:
    said = vitreous("see", model, photo, "--page", tmp_path / name, *others)
    assert (said.code, said.out) == (code, "") and message.format(tmp_path / name) in said.err and said.err.count("\n") == 1
    assert not (tmp_path / name).exists()


def test_a_picture_that_cannot_be_read_leaves_no_page(model: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    (tmp_path / "broken.png").write_bytes(b"broken")
    said = vitreous("see", model, tmp_path / "broken.png", "--page", tmp_path / "page.html")
    assert said.code == 1 and "cannot read" in said.err and not (tmp_path / "page.html").exists()


@pytest.mark.slow
def test_examples_are_those_of_the_run_or_of_a_folder(coloured: Coloured, photo: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    for number, examples in enumerate(([], [coloured.data])):
        file = tmp_path / f"{number}.html"
        said = vitreous("see", coloured.run.path, photo, "--page", file, "--examples", *examples)
        assert said.code == 0 and said.out == f"{file}\n"
        assert file.read_text().count("data:image/jpeg;base64,") > 9 * 16
