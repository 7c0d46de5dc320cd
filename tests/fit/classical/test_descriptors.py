"""Grey, HOG and LBP against Pillow and scikit-image, on photos and on noise."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from vitreous.errors import UsageError
from vitreous.fit.classical import hog, lbp
from vitreous.fit.classical.descriptors import WIDTH, add_grey, dense_descriptors, grid
from vitreous.fit.classical.graph import Graph

Pictures = NDArray[np.uint8]
Run = Callable[[Callable[[Graph], str], Pictures], NDArray[np.float32]]
# fp32 has 24 bits; a descriptor of unit length is made by some ten operations on sums of 64 pixels
FP32 = 16 * np.finfo(np.float32).eps


def pillows_grey(picture: Pictures) -> Pictures:
    return np.asarray(Image.fromarray(picture).convert("L"))


def whole_grey(graph: Graph) -> str:
    raised = graph.add("Add", [add_grey(graph), graph.constant("half", 0.5)], "raised")
    return graph.add("Floor", [raised], "whole")


def same_hog(pictures: Pictures, ours: NDArray[np.float32]) -> None:
    skimage = pytest.importorskip("skimage.feature")
    for picture, descriptors in zip(pictures, ours, strict=True):
        grey = picture @ np.array([19595, 38470, 7471]) / 65536
        theirs = skimage.hog(grey, 9, (8, 8), (2, 2), block_norm="L2-Hys", feature_vector=False)
        np.testing.assert_allclose(descriptors.transpose(1, 2, 0), theirs.reshape(*theirs.shape[:2], 36), atol=FP32)


def is_exact_tie(grey: Pictures) -> NDArray[np.bool_]:
    """[H, W]: where a diagonal sample equals the centre by cancelling: the corner is equal, and the sum of the two sides is twice the centre."""
    padded = np.pad(grey.astype(int), 1)
    height, width = grey.shape

    def beside(row: int, column: int) -> NDArray[np.int_]:
        return padded[1 + row : 1 + row + height, 1 + column : 1 + column + width]

    centre = beside(0, 0)
    ties = [(beside(r, c) == centre) & (beside(r, 0) + beside(0, c) == 2 * centre) for r in (-1, 1) for c in (-1, 1)]
    return np.logical_or.reduce(ties)


def test_grey_is_pillows_bit_for_bit(noise: Pictures, walked: Run) -> None:
    ours = walked(whole_grey, noise)
    for picture, grey in zip(noise, ours, strict=True):
        np.testing.assert_array_equal(grey[0], pillows_grey(picture))


def test_hog_is_scikit_images_on_noise(noise: Pictures, walked: Run) -> None:
    same_hog(noise, walked(lambda graph: hog.add_hog(graph, add_grey(graph)), noise))


def test_hog_is_scikit_images_on_photos(photos: Pictures, walked: Run) -> None:
    same_hog(photos, walked(lambda graph: hog.add_hog(graph, add_grey(graph)), photos))


def test_a_wrong_hog_is_noticed(noise: Pictures, walked: Run) -> None:
    ours = walked(lambda graph: hog.add_hog(graph, add_grey(graph)), noise)
    with pytest.raises(AssertionError):
        same_hog(noise, np.roll(ours, 1, axis=1))


def test_every_gradient_of_whole_grey_values_falls_into_the_bin_that_its_angle_says() -> None:
    """All 511² gradients: the sign tests in fp32 against the arctangent in fp64."""
    graph = Graph()
    hog.add_hog(graph, add_grey(graph))
    from onnx import numpy_helper

    borders = next(numpy_helper.to_array(each) for each in graph.constants if each.name == "hog.borders")[:, :, 0, 0]
    row, column = np.meshgrid(np.arange(-255, 256), np.arange(-255, 256), indexing="ij")
    cross = np.tensordot(borders, np.stack([row, column]).astype(np.float32), 1)
    ours = (cross * row.astype(np.float32) > 0).sum(0)
    theirs = np.rad2deg(np.arctan2(row, column)) % 180 // 20
    moving = (row != 0) | (column != 0)
    np.testing.assert_array_equal(ours[moving], theirs[moving])


def test_a_black_picture_has_a_hog_of_nearly_nothing(walked: Run) -> None:
    ours = walked(lambda graph: hog.add_hog(graph, add_grey(graph)), np.zeros((1, 48, 48, 3), np.uint8))
    assert ours.shape == (1, 36, 5, 5) and ours.min() >= 0 and ours.max() < 1e-4


@pytest.mark.parametrize("which", ["noise", "photos"])
def test_lbp_is_scikit_images_but_for_exact_ties(which: str, request: pytest.FixtureRequest, walked: Run) -> None:
    skimage = pytest.importorskip("skimage.feature")
    pictures = request.getfixturevalue(which)
    ours = walked(lambda graph: lbp.add_codes(graph, whole_grey(graph)), pictures)
    for picture, codes in zip(pictures, ours, strict=True):
        grey = pillows_grey(picture)
        different = codes[0] != skimage.local_binary_pattern(grey, 8, 1, "uniform")
        assert not (different & ~is_exact_tie(grey)).any()
        assert different.mean() < 0.01


def test_samples_that_are_not_equal_differ_by_more_than_the_margin() -> None:
    """A diagonal sample minus the centre is side · s + corner · u with whole s, u: all of them, in fp64."""
    kernel = lbp._samples()[1]
    side, corner = kernel[0, 1], kernel[0, 2]
    s, u = np.meshgrid(np.arange(-510, 511), np.arange(-255, 256))
    difference = np.abs(side * s + corner * u)[(s != 0) | (u != 0)]
    assert difference.min() > 1.9 * lbp.MARGIN
    assert 4 * 510 * np.finfo(np.float32).eps < lbp.MARGIN  # four products of up to 510 are added


def test_shares_of_codes_are_those_counted_in_the_patch(noise: Pictures, walked: Run) -> None:
    codes = walked(lambda graph: lbp.add_codes(graph, whole_grey(graph)), noise)
    shares = walked(lambda graph: lbp.add_lbp(graph, whole_grey(graph)), noise)
    patch = codes[1, 0, 16:32, 24:40]
    np.testing.assert_allclose(shares[1, :, 2, 3], [(patch == code).mean() for code in range(10)], atol=FP32)
    np.testing.assert_allclose(shares.sum(1), 1, atol=FP32)


def test_descriptors_lie_on_the_grid(noise: Pictures, walked: Run) -> None:
    cells = grid(noise.shape[1])
    assert walked(dense_descriptors, noise).shape == (len(noise), WIDTH, cells, cells) == (4, 46, 6, 6)


def test_too_small_a_picture_is_said() -> None:
    with pytest.raises(UsageError, match="39 pixels a side; at least 40"):
        grid(39)
    with pytest.raises(UsageError, match="513 pixels a side; at most 512"):
        grid(513)
