"""use.py shows a network the same pixels as `vitreous.data.decode`, and runs with nothing of Vitreous."""

import json
import os
import runpy
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from vitreous.core.view import View
from vitreous.data.decode import decode
from vitreous.metrics.decision_rule import UNKNOWN, ClassThreshold, ConfidenceThreshold, Costs, Rule, StoredRule, unknown_word
from vitreous.runs.use_script import use_script
from vitreous.tasks.classify.answers import Answers

VIEWS = [View.crop(224, 256), View.crop(224), View.whole(96), View.crop(64, 73)]


def pixels_of(paths: list[Path], view: View, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.uint8]]:
    """What use.py hands to the network: onnxruntime is replaced by a recorder."""
    seen: list[NDArray[np.uint8]] = []

    class Recorder:
        def __init__(self, model: str, providers: list[str]) -> None: ...

        def get_modelmeta(self) -> Any:
            return types.SimpleNamespace(custom_metadata_map={"vitreous": json.dumps({"labels": ["a", "b"]})})

        def run(self, names: list[str], feed: dict[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
            seen.append(feed["image"][0].copy())
            return [np.array([[0.25, 0.75]], np.float32)]

    runtime = types.ModuleType("onnxruntime")
    runtime.InferenceSession = Recorder
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    monkeypatch.setattr(sys, "argv", ["use.py", *map(str, paths)])
    script = folder / "use.py"
    script.write_text(use_script(view))
    runpy.run_path(str(script))
    return seen


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One file of each ordinary kind: JPEG large, rotated, grey, CMYK; PNG with alpha, palette, 16 bits; others."""
    folder = tmp_path_factory.mktemp("ordinary")
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 256, (9, 13, 4), dtype=np.uint8), "RGBA").resize((300, 433))
    rgb = smooth.convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.resize((1301, 866)).save(folder / "large.jpg")
    rgb.resize((555, 977)).save(folder / "turned.jpg", exif=exif)
    rgb.save(folder / "turned.png", exif=exif)
    rgb.convert("L").save(folder / "grey.jpg")
    rgb.convert("CMYK").save(folder / "cmyk.jpg")
    rgb.resize((40, 30)).save(folder / "small.jpg")
    smooth.save(folder / "alpha.png")
    smooth.convert("LA").save(folder / "greyalpha.png")
    smooth.quantize(32).save(folder / "palettealpha.png")
    rgb.quantize(32).save(folder / "palette.png")
    rgb.convert("1").save(folder / "bits.png")
    rgb.convert("L").save(folder / "clear.png", transparency=100)
    Image.fromarray(rng.integers(0, 65536, (333, 222), dtype=np.uint16)).save(folder / "sixteen.png")
    rgb.save(folder / "x.webp")
    smooth.save(folder / "alpha.webp")
    rgb.save(folder / "x.bmp")
    rgb.quantize(16).save(folder / "x.gif", transparency=3)
    rgb.save(folder / "x.tiff")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_use_shows_the_network_the_same_pixels(view: View, ordinary: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file, seen in zip(ordinary, pixels_of(ordinary, view, tmp_path, monkeypatch), strict=True):
        np.testing.assert_array_equal(seen, decode(str(file), [view]).views[0], err_msg=file.name)


@pytest.mark.slow
def test_use_agrees_on_real_photos_and_exif(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted((shared_data / "clothing" / "test").rglob("*.jpg"))[::7] + sorted((shared_data / "oddimages" / "exif").rglob("*.jpg"))
    assert len(files) > 50
    for file, seen in zip(files, pixels_of(files, VIEWS[0], tmp_path, monkeypatch), strict=True):
        np.testing.assert_array_equal(seen, decode(str(file), [VIEWS[0]]).views[0], err_msg=file.name)


def test_use_is_short_and_imports_nothing_of_ours() -> None:
    for view in VIEWS:
        text = use_script(view)
        code = [line for line in text.splitlines() if line.strip()]
        assert len(code) <= 40
        imported = {line.split()[1] for line in code if line.startswith(("import ", "from "))}
        assert imported == {"json", "sys", "pathlib", "numpy", "onnxruntime", "PIL"}
        compile(text, "use.py", "exec")


@pytest.mark.slow
def test_use_prints_label_tab_confidence_for_several_paths(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    view = View.crop(32)
    (tmp_path / "model.onnx").write_bytes(red_or_blue(["=red", "blue\n"]))
    (tmp_path / "use.py").write_text(use_script(view))
    Image.new("RGB", (50, 40), "red").save(tmp_path / "-r.png")
    Image.new("RGB", (50, 40), "blue").save(tmp_path / "b b.png")
    alone = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "use.py", "-r.png", "b b.png"], cwd=tmp_path, env=alone, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["=red\t1.0000", "blue?\t1.0000"]


RULES = [
    None,
    ClassThreshold(1, 0.3),
    ClassThreshold(0, 0.7),
    ClassThreshold(2, 0.999),
    ConfidenceThreshold(0.6),
    ConfidenceThreshold(0.0),
    Costs((0, 1, 2, UNKNOWN), np.array([[0, 1, 1, 0.3], [5, 0, 1, 0.3], [1, 1, 0, 0.3]])),
    Costs((2, 1), np.array([[1.0, 2.0], [9, 0], [0, 1]])),
]


@pytest.mark.parametrize("labels", [["a", "b", "c"], ["unknown", "(unknown)", "=1"]], ids=str)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_use_obeys_the_decision_in_the_model_as_predict_does(
    rule: Rule | None, labels: list[str], tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    stored = None if rule is None else StoredRule("max_error", rule, unknown_word(labels))
    metadata = {"vitreous": json.dumps({"labels": labels})} | ({} if stored is None else {"decision": json.dumps(stored.to_json(labels))})
    probability = np.random.default_rng(0).dirichlet([0.5] * 3, 40).astype(np.float32)
    rows = iter(probability)
    runtime = types.ModuleType("onnxruntime")
    runtime.InferenceSession = lambda model, providers: types.SimpleNamespace(
        get_modelmeta=lambda: types.SimpleNamespace(custom_metadata_map=metadata), run=lambda names, feed: [next(rows)[None]]
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    monkeypatch.setattr(sys, "argv", ["use.py", *[str(tmp_path / "x.png")] * len(probability)])
    (tmp_path / "use.py").write_text(use_script(View.whole(8)))
    runpy.run_path(str(tmp_path / "use.py"))
    said = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    ours = [Answers("x", labels, row, stored).said(1)[0] for row in probability]
    assert said == [[each.label, f"{each.confidence:.4f}"] for each in ours]
    assert len({label for label, _ in said}) > 1


def red_or_blue(labels: list[str]) -> bytes:
    """A network in ONNX: softmax of the mean red and the mean blue of a picture."""
    from onnx import TensorProto, helper, numpy_helper

    choose = numpy_helper.from_array(np.array([[1, 0], [0, 0], [0, 1]], np.float32), "choose")
    axes = numpy_helper.from_array(np.array([1, 2], np.int64), "axes")
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["features"], keepdims=0),
        helper.make_node("MatMul", ["features", "choose"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "red-or-blue",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 32, 32, 3])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", 2])],
        [choose, axes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"vitreous": json.dumps({"labels": labels})})
    return bytes(model.SerializeToString())
