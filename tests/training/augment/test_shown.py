"""What is shown of an augmentation: eight pictures, the untouched one first, in words and as a picture."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import noise
from PIL import Image

import vitreous as vt
from vitreous.errors import DataError, UsageError
from vitreous.training.augment import augmented, parse
from vitreous.training.augment.shown import told


def folder_of(folder: Path, count: int, size: int = 20) -> Path:
    for number, picture in enumerate(noise(count, size, size)):
        place = folder / f"class{number % 2}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{number:03}.png")
    return folder


def test_eight_pictures_are_spread_over_all_and_the_first_view_is_untouched(tmp_path: Path) -> None:
    found = vt.augmentations(folder_of(tmp_path, 40))
    assert found.views.shape == (8, 8, 20, 20, 3) and found.of == 40
    assert sum(name.startswith("class0/") for name in found.names) == 4
    for name, views in zip(found.names, found.views, strict=True):
        assert (np.asarray(Image.open(tmp_path / name)) == views[0]).all()
    assert found.allowed == parse("auto", 20)
    assert (found.views[:, 3] == augmented(found.views[:, 0], np.arange(8), 0, 3, found.allowed)).all()
    assert found.different == 64


def test_photos_are_shown_at_the_size_of_a_networks_input(tmp_path: Path) -> None:
    Image.new("RGB", (300, 260), "red").save(tmp_path / "a.jpg")
    found = vt.augmentations(tmp_path / "a.jpg", "auto,no-flip", seed=3)
    assert found.views.shape == (1, 8, 224, 224, 3) and found.allowed.zoom > 1 and found.seed == 3


def test_what_cannot_be_read_is_passed_over_and_said(tmp_path: Path) -> None:
    folder_of(tmp_path, 9)
    (tmp_path / "class0" / "002.png").write_bytes(b"no picture")
    (tmp_path / "class1" / "003.png").write_bytes(b"no picture")
    found = vt.augmentations(tmp_path)
    assert len(found.names) == 7 and len(found.unreadable) == 2 and "002.png" in repr(found)
    with pytest.raises(DataError, match="not one of 1 picture can be read"):
        vt.augmentations(tmp_path / "class0" / "002.png")


def test_a_wrong_text_is_said_before_a_file_is_opened(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'flip'"):
        vt.augmentations(tmp_path / "missing", "flop")


def test_everything_that_is_done_is_told_and_nothing_else() -> None:
    assert told(parse("none", 32)) == []
    assert len(told(parse("auto,vertical-flip,rotation,zoom", 32))) == 9
    assert told(parse("crop=1,brightness=0.25", 32)) == ["moved by up to 1 pixel, mirrored beyond the edge", "brightness × 0.75 to 1.25"]


@pytest.mark.slow
def test_the_page_is_drawn_in_both_formats_and_says_how_many_views_differ(tmp_path: Path) -> None:
    found = vt.augmentations(folder_of(tmp_path, 8), "flip")
    assert found.different == 16  # each as it is and mirrored
    assert found.picture("svg").count(b"<image") == 1
    file = tmp_path / "page.png"
    file.write_bytes(found._repr_png_())
    with Image.open(file) as page:
        assert page.width == 1280 and page.height > 1280
    assert len(vt.augmentations(tmp_path / "class0").views) == 4
