"""Features of a folder: equal to onnxruntime's, in every file format, whatever cannot be read."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import onnxruntime
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import LABELS, SIDE, WIDTH, colourful, small_model
from trained_run import Said

import vitreous as vt
from vitreous.core.view import View
from vitreous.data.decode import Policy, decode
from vitreous.errors import DataError, UsageError

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return colourful(tmp_path / "photos", {"red": 9, "blue": 12})


def by_onnxruntime(model: Path, files: list[Path], value: str) -> np.ndarray:
    """What another engine gives of a value of the small network, for pictures as it takes them."""
    opened = onnx.load(model)
    if value not in {each.name for each in opened.graph.output}:
        opened.graph.output.append(onnx.helper.make_empty_tensor_value_info(value))
    session = onnxruntime.InferenceSession(opened.SerializeToString(), providers=["CPUExecutionProvider"])
    facts = json.loads(next(each.value for each in opened.metadata_props if each.key == "vitreous"))
    pictures = np.stack([decode(str(file), (View.from_json(facts["view"]),), Policy()).views[0] for file in files])
    return np.asarray(session.run([value], {"image": pictures})[0])


@pytest.mark.parametrize(
    ("stage", "pool", "value", "taken"),
    [
        (None, "mean", "features", lambda maps: maps),
        ("positive", "mean", "positive", lambda maps: maps.mean((2, 3))),
        ("positive", "max", "positive", lambda maps: maps.max((2, 3))),
        ("positive", "all", "positive", lambda maps: maps.reshape(len(maps), -1)),
        ("logits", "mean", "logits", lambda maps: maps),
    ],
)
def test_they_are_those_of_onnxruntime(
    stage: str | None, pool: str, value: str, taken: Callable[[np.ndarray], np.ndarray], photos: Path, model: Path
) -> None:
    found = vt.features(photos, net=str(model), stage=stage, pool=pool)
    expected = taken(by_onnxruntime(model, [photos / path for path in found.paths], value))
    assert found.values.dtype == np.float32 and np.abs(found.values - expected).max() < 1e-5 * np.abs(expected).max()
    assert sorted(set(found.labels)) == ["blue", "red"] and [path.split("/")[0] for path in found.paths] == found.labels


def test_a_second_time_they_come_from_the_pack(photos: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ((None, "mean"), ("positive", "max"), ("positive", "mean"))
    first = [vt.features(photos, net=str(model), stage=stage, pool=pool) for stage, pool in asked]
    monkeypatch.setattr("vitreous.fit.features.start_engine", lambda *_: pytest.fail("an engine was started"))
    again = [vt.features(photos, net=str(model), stage=stage, pool=pool) for stage, pool in asked]
    assert all((one.values == other.values).all() for one, other in zip(first, again, strict=True))


def test_every_format_holds_the_same_numbers(photos: Path, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet

    found = vt.features(photos, net=str(model))
    files = [found.save(tmp_path / f"x{suffix}") for suffix in (".npz", ".csv", ".parquet")]
    with np.load(files[0]) as kept:  # no pickle is needed
        assert (kept["features"] == found.values).all() and kept["path"].tolist() == found.paths and kept["label"].tolist() == found.labels
        assert json.loads(str(kept["about"]))["stage"] == "features"
    with open(files[1], newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["path"] for row in rows] == found.paths
    assert (np.array([[row[f"f{k}"] for k in range(WIDTH)] for row in rows], np.float32) == found.values).all()
    table = pyarrow.parquet.read_table(files[2])
    assert table.column("label").to_pylist() == found.labels and (np.stack([table.column(f"f{k}") for k in range(WIDTH)], 1) == found.values).all()


def test_pictures_without_labels_and_ones_that_cannot_be_read(tmp_path: Path, photos: Path, model: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for number, file in enumerate(sorted(photos.glob("red/*"))[:3]):
        (plain / f"{number}.png").write_bytes(file.read_bytes())
    (plain / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = vt.features(plain, net=str(model))
    assert len(found) == 3 and found.labels == ["", "", ""] and [each.relative for each in found.left_out] == ["broken.png"]
    for file in plain.glob("?.png"):
        file.unlink()
    with pytest.raises(DataError, match="no picture is left to make features of"):
        vt.features(plain, net=str(model))


def test_the_command_says_what_it_has_written(photos: Path, model: Path, tmp_path: Path, vitreous: Callable[..., Said]) -> None:
    said = vitreous("features", model, photos, "--stage", "positive", "--out", tmp_path / "x.npz")
    assert said.code == 0 and said.out.startswith(f"{WIDTH} features of 21 pictures, 2 labels: positive of small, mean; in "), said
    said = vitreous("features", photos, "--net", model, "--out", tmp_path / "x.csv", "--json")
    assert said.code == 0 and said.lines()[0]["pictures"] == 21 and said.lines()[0]["features"] == WIDTH
    schema = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "features.json"
    jsonschema.validate(said.lines()[0], json.loads(schema.read_text()))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["features", "PHOTOS"], "--out"),
        (["features", "PHOTOS", "--out", "x.txt"], "its suffix is .txt"),
        (["features", "PHOTOS", "--out", "x"], "it has no suffix"),
        (["features", "PHOTOS", "--net", "vgg16", "--out", "x.npz"], "it has no weights before it is trained"),
        (["features", "PHOTOS", "--net", "efficientnet", "--out", "x.npz"], "'efficientnet-lite0'?"),
        (["features", "PHOTOS", "--net", "gone.onnx", "--out", "x.npz"], "gone.onnx"),
        (["features", "MODEL", "PHOTOS", "--net", "MODEL", "--out", "x.npz"], "has its own network"),
        (["features", "MODEL", "PHOTOS", "--size", "64", "--out", "x.npz"], "small.onnx has its own"),
        (["features", "PHOTOS", "--size", "64", "--out", "x.npz"], "efficientnet-lite0 has its own"),
        (["features", "PHOTOS", "--net", "MODEL", "--size", "64", "--out", "x.npz"], "--size"),
        (["features", "MODEL", "--out", "x.npz"], "no pictures were named"),
        (["features", "MODEL", "PHOTOS", "--stage", "positiv", "--out", "x.npz"], "did you mean 'positive'?"),
        (["features", "MODEL", "gone", "--out", "x.npz"], "there is no such folder or file"),
        (["features", "MODEL", "PHOTOS", "PHOTOS", "--out", "x.npz"], "3 names"),
        (["features", "MODEL", "PHOTOS", "--pool", "median", "--out", "x.npz"], "median"),
        (["features", "MODEL", "PHOTOS", "--engine", "cuda", "--out", "x.npz"], "unknown engine"),
        (["features", "MODEL", "PHOTOS", "--out", "gone/x.npz"], "cannot write"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: list[str], expected: str, photos: Path, model: Path, tmp_path: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"PHOTOS": str(photos), "MODEL": str(model)}
    said = vitreous(*(names.get(each, each) for each in arguments))
    assert said.code in (1, 2) and expected in said.err and "Traceback" not in said.err and not said.out
    assert said.err.rstrip().count("\n") == 0 or said.err.startswith("Usage"), said.err


def test_a_picture_of_the_data_is_not_overwritten_by_a_table(photos: Path, model: Path) -> None:
    with pytest.raises(UsageError, match="no features can be written"):
        vt.features(photos, net=str(model)).save(photos / "red" / "red-000.png")


def test_labels_and_side_of_the_small_network_are_those_assumed() -> None:
    assert len(LABELS) == 3 and SIDE == 32 and small_model()
