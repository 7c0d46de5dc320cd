"""What a command is asked to write: never over what it reads, nor over a part of a run."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, colourful
from trained_run import Said

from vitreous.cli.outputs import PAGE, TABLE, require_outputs
from vitreous.errors import StorageError, UsageError

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = colourful(tmp_path / "data", {"red": 3, "blue": 3})
    (folder / "table.csv").write_text("image,label\n" + "".join(f"{c}/{c}-00{n}.png,{c}\n" for c in ("red", "blue") for n in range(3)))
    os.symlink(folder / "table.csv", tmp_path / "link.csv")
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["look", "data", "--page", "data/red/red-000.png"], "it ends with .png; a name that ends with .html or .htm"),
        (["look", "data/table.csv", "--csv", "data/table.csv"], "that is what is to be read, and would be lost"),
        (["look", "data/table.csv", "--csv", "link.csv"], "that is what is to be read, and would be lost"),
        (["look", "data", "--csv", "{run}/items.csv"], "that is a part of that run"),
        (["predict", "{run}", "data", "--out", "{run}/use.py"], "that is a part of that run"),
        (["look", "data", "--page", "p.html", "--csv", "p.html"], "a name that ends with .csv"),
        (["evaluate", "{run}", "--require", "accuracy > 0", "--junit", "{run}/model.onnx"], "a name that ends with .xml"),
        (["evaluate", "{run}", "--must-pass", "data/table.csv", "--junit", "data/table.csv"], "a name that ends with .xml"),
        (["evaluate", "{run}", "data", "--picture", "data/red/red-000.png"], "that is a picture in data, and would be lost"),
        (["predict", "{run}", "data/red/red-000.png", "--out", "data/red/red-000.png"], "that is what is to be read"),
        (["predict", "{run}", "data", "--out", "data/red/red-000.png"], "that is a picture in data"),
        (["predict", "{run}", "data/red/*.png", "--out", "data/red/red-000.png"], "that is what is to be read"),
        (["predict", "{run}", "data", "--out", "{run}/predictions.csv"], "that is a part of that run"),
        (["predict", "{run}", "data", "--out", "{run}/run.json"], "that is a part of that run"),
    ],
)
def test_nothing_that_is_read_or_belongs_to_a_run_is_written_over(
    arguments: list[str], message: str, data: Path, coloured: Coloured, vitreous: Vitreous
) -> None:
    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for folder in (data.parent, coloured.run.path) for path in folder.rglob("*") if path.is_file()}

    before = everything()
    said = vitreous(*(each.format(run=coloured.run.path) for each in arguments))
    assert said.code == 2 and message in said.err and said.out == "" and said.err.count("\n") == 1
    assert everything() == before


def test_what_a_command_wrote_before_is_replaced(data: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    for _ in range(2):
        assert vitreous("look", "data", "--page", "data/look.html", "--csv", "data/look.csv").code == 0
        assert vitreous("predict", coloured.run.path, "data/red/red-000.png", "--out", "answers").code == 0


def test_two_options_do_not_share_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the file of --a; a file of its own"):
        require_outputs({"--a": str(tmp_path / "x"), "--b": str(tmp_path / "y" / ".." / "x")})


def test_a_device_may_have_any_name(tmp_path: Path) -> None:
    require_outputs({"--page": os.devnull, "--csv": os.devnull, "--out": None}, [], {"--page": PAGE, "--csv": TABLE})
    with pytest.raises(StorageError, match="a folder stands"):
        require_outputs({"--out": str(tmp_path)})
