"""What a network's metadata say of its pictures."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import FEATURES, why, write
from small_network import SIDE

from vitreous.fit.foreign import ForeignOptions, foreign_network
from vitreous.fit.foreign.metadata import read_metadata

pytestmark = pytest.mark.slow  # compiles a network for each case


METADATA: list[tuple[dict[str, str], str, list[float], list[float]]] = [
    ({"mean": "[0.1, 0.2, 0.3]", "std": "[0.4, 0.5, 0.6]"}, "0-1", [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]),
    ({"image_mean": "123.675, 116.28, 103.53", "image_std": "58.395, 57.12, 57.375"}, "0-255", [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
    ({"pretrained_cfg": json.dumps({"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "crop_pct": 0.9})}, "0-1", [0.5] * 3, [0.5] * 3),
    ({"author": "Ultralytics", "task": "classify", "imgsz": f"[{SIDE}, {SIDE}]", "names": "{0: 'a', 1: 'b'}"}, "0-1", [0.0], [1.0]),
    ({"Image.NominalPixelRange": "Normalized_1_1", "Image.BitmapPixelFormat": "Bgr8"}, "-1-1", [0.0], [1.0]),
    ({"preprocessor": "{'do_rescale': True, 'do_normalize': False, 'image_mean': [0.5, 0.5, 0.5]}"}, "0-1", [0.0], [1.0]),
]


@pytest.mark.parametrize("metadata, scale, mean, std", METADATA)
def test_the_normalization_is_read_from_the_metadata(
    tmp_path: Path, metadata: dict[str, str], scale: str, mean: list[float], std: list[float]
) -> None:
    network = foreign_network(write(tmp_path / "net.onnx", FEATURES, metadata=metadata), ForeignOptions())
    found = network.facts["input"]
    assert (found["scale"], found["mean"], found["std"], found["known_by"]) == (scale, mean, std, "metadata")
    assert found["colours"] == ("bgr" if "Image.BitmapPixelFormat" in metadata else "rgb")


def test_the_file_that_hugging_face_lays_beside_a_network_is_read(tmp_path: Path) -> None:
    config = {"crop_size": {"height": 40, "width": 40}, "size": {"shortest_edge": 48}, "image_mean": [0.4] * 3, "image_std": [0.2] * 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    (tmp_path / "onnx").mkdir()
    path = write(tmp_path / "onnx" / "model.onnx", FEATURES, ("N", 3, "H", "W"))
    network = foreign_network(path, ForeignOptions())
    assert network.facts["input"]["mean"] == [0.4] * 3 and network.view.size == 40 and network.view.short_side == 48
    assert "preprocessor_config.json" in why(network)


@pytest.mark.parametrize(
    "text", ["", "[", "{'a': ", "nan", '{"mean": NaN}', "[" * 5000, "[1, 2]", "'x'", '{"std": [0, 0, 0]}', '{"mean": [1e999, 0, 0]}']
)
def test_metadata_that_say_nothing_sensible_are_passed_over(tmp_path: Path, text: str) -> None:
    from onnx import ModelProto, helper

    model = ModelProto()
    helper.set_model_props(model, {"mean": text, "cfg": text, "imgsz": text, "license": ""})
    found = read_metadata(model, tmp_path / "net.onnx")
    assert found.mean is None and found.std is None and found.size is None and found.licence is None
