"""use.py of a real run, with nothing of Vitreous at hand, against `vitreous predict`, from the file to the answer."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said, Trained

pytest_plugins = ["shared_fixtures"]


def odd_pictures(photo: Path, folder: Path) -> list[Path]:
    """One photo as every ordinary kind of file."""
    image = Image.open(photo).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    alpha = image.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(folder / "normal.jpg", quality=90)
    image.save(folder / "turned.jpg", exif=exif)
    image.convert("L").save(folder / "grey.jpg")
    image.convert("L").save(folder / "grey.png")
    image.resize((image.width * 9, image.height * 9), Image.Resampling.BICUBIC).save(folder / "large.jpg")
    image.convert("CMYK").save(folder / "cmyk.jpg")
    image.quantize(64).save(folder / "palette.png")
    alpha.save(folder / "alpha.png")
    alpha.quantize(64).save(folder / "palette-alpha.png")
    image.resize((90, 60)).save(folder / "small.webp")
    return sorted(folder.iterdir())


@pytest.mark.slow
def test_use_py_gives_the_answers_of_predict(trained: Trained, warm_cache: Path, tmp_path: Path, vitreous: Callable[..., Said]) -> None:
    pytest.importorskip("onnxruntime")
    alone, pictures = tmp_path / "alone", tmp_path / "pictures"
    alone.mkdir()
    pictures.mkdir()
    for name in ("model.onnx", "use.py"):
        shutil.copy(trained.folder / name, alone)
    files = odd_pictures(trained.photos / "shoes" / "shoes-03.jpg", pictures) + sorted(trained.photos.glob("*/*-1[0-4].jpg"))
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VITREOUS_CACHE")}
    done = subprocess.run([sys.executable, "-I", alone / "use.py", *files], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    theirs = [line.split("\t") for line in done.stdout.splitlines()]
    ours = [line["answers"][0] for line in vitreous("predict", trained.folder, *files, "--json", "--engine", "openvino-f32").lines()]
    assert len(files) == len(ours) == len(theirs) >= 30 and {label for label, _ in theirs} == {"dress", "pants", "shirt", "shoes", "skirt"}
    for file, mine, (label, confidence) in zip(files, ours, theirs, strict=True):
        assert (label, float(confidence)) == (mine["label"], pytest.approx(mine["confidence"], abs=1e-3)), file.name
