"""Maps of why: each method against what it must add up to, and against the same worked out in another way."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from asked import inside_of, linear_network, network_of, small_inside, small_question
from onnx import helper

from vitreous.errors import UsageError
from vitreous.inside.why.cam import cam
from vitreous.inside.why.grad_cam import grad_cam, last_maps
from vitreous.inside.why.integrated_gradients import integrated_gradients, plain_picture, way_to
from vitreous.inside.why.occlusion import covered_pictures, occlusion
from vitreous.inside.why.question import Question, question_of
from vitreous.inside.why.saliency import Saliency, cell_means


def score(question: Question) -> float:
    return float(question.values["logits"][question.place])


def test_the_score_is_the_one_before_the_softmax_of_the_label_that_is_asked_about(tmp_path: Path) -> None:
    question = small_question(tmp_path, "dark")
    assert (question.score.value, question.score.index, question.score.link) == ("logits", 2, "softmax")
    assert question.score.words == "the score before the softmax"
    by_engine, probability = question.both(question.picture[None])
    # fp32 of two libraries, numbers of about 1
    assert by_engine[0] == pytest.approx(question.values["logits"][0], abs=1e-5)
    assert probability[0] == pytest.approx(question.values["probability"][0], abs=1e-5)


def test_without_a_label_the_most_probable_one_is_explained(tmp_path: Path) -> None:
    found = small_inside(tmp_path)
    assert found.answers is not None and question_of(found).score.label == found.answers.top(1)[0].label


def test_an_unknown_label_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no label 'drk': did you mean 'dark'"):
        small_question(tmp_path, "drk")


@pytest.mark.parametrize("label", ["light", "middle", "dark"])
def test_the_mean_of_a_class_activation_map_and_the_bias_are_the_score(label: str, tmp_path: Path) -> None:
    question = small_question(tmp_path, label)
    found = cam(question)
    bias = float(question.walk.constants["head.bias"][question.score.index])
    assert found.values.shape == (14, 14) and found.values.mean() + bias == pytest.approx(score(question), abs=1e-5)
    assert dict(found.facts)["bias"] == pytest.approx(bias, abs=1e-5)


def test_a_class_activation_map_is_the_maps_weighted_as_the_last_layer_weighs_them(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    W = question.walk.constants["head.weight"][question.score.index]
    expected = np.einsum("k,kij->ij", W.astype(float), question.values["positive"][0].astype(float))
    assert cam(question).values == pytest.approx(expected, abs=1e-5)


def test_behind_an_average_grad_cam_is_the_class_activation_map(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    assert last_maps(question) == "positive"
    # Selvaraju et al. 2017, section 3.1: up to the number of places
    assert grad_cam(question).values * 14 * 14 == pytest.approx(cam(question).values, abs=1e-4)


def test_cells_lie_where_the_strongest_of_them_looks(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    found = cam(question)
    row, column = found.peak
    x0, y0, x1, y1 = found.box((row, column))
    # one convolution of 5 × 5 with stride 2: the cell looks at something within its window
    assert 2 * column <= (x0 + x1) / 2 <= 2 * column + 5 and 2 * row <= (y0 + y1) / 2 <= 2 * row + 5
    assert (x1 - x0, y1 - y0) == (2, 2)


def test_a_network_without_such_an_end_is_told_what_to_use_instead() -> None:
    random = np.random.default_rng(0)
    found = inside_of(linear_network(random.normal(0, 0.01, (3, 48)), np.zeros(3), 4), random.integers(0, 256, (4, 4, 3), np.uint8))
    with pytest.raises(UsageError, match="a global average pool and one linear layer; grad-cam is the same idea"):
        cam(question_of(found))
    with pytest.raises(UsageError, match=r"no feature maps .* integrated-gradients and occlusion explain any network"):
        grad_cam(question_of(found))


def test_shares_of_a_linear_network_are_its_weights_times_the_differences() -> None:
    random = np.random.default_rng(0)
    W, picture = random.normal(0, 0.01, (3, 48)), random.integers(0, 256, (4, 4, 3), np.uint8)
    question = question_of(inside_of(linear_network(W, np.zeros(3), 4), picture), "label 1")
    baseline = plain_picture(picture)
    expected = W[1].reshape(4, 4, 3) * (picture - baseline.astype(float))
    way = way_to(question, 3, 3)
    assert way.shares == pytest.approx(expected, abs=1e-4) and np.abs(way.misses).max() < 1e-4 and way.points.tolist() == [0, 1 / 9, 4 / 9, 1]


def test_shares_add_up_to_the_difference_of_scores(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    found = integrated_gradients(question)
    without = float(question.values_of(plain_picture(question.picture)[None])["logits"][question.place])
    facts = dict(found.facts)
    assert facts["difference"] == pytest.approx(score(question) - without, abs=1e-5)
    assert found.values.sum() == pytest.approx(facts["difference"], rel=0.02) and facts["sum"] == pytest.approx(found.values.sum())
    assert "is the difference of scores" in found.said and found.values.shape == (32, 32)


def test_shares_are_the_integral_of_finite_differences(tmp_path: Path) -> None:
    """Each share is (x − x') times the mean slope on the way, here by many small differences of scores in float64."""
    question = small_question(tmp_path)
    question.walk.constants.update({name: value.astype(np.float64) for name, value in question.walk.constants.items() if value.dtype == np.float32})
    baseline, picture = plain_picture(question.picture).astype(float), question.picture.astype(float)
    way = way_to(replace(question, kept=False), 64, 64)  # by the walk, whose weights are in float64 now
    for place in ((3, 4, 0), (20, 11, 2)):
        total, small = 0.0, 1e-3
        for point, weight in zip(way.points, way.weights, strict=True):
            pair = np.repeat((baseline + point * (picture - baseline))[None], 2, 0)
            pair[0][place] += small
            pair[1][place] -= small
            up, down = question.values_of(pair)["logits"][:, question.score.index]
            total += weight * (up - down) / (2 * small)
        # kinks of Relu between the two ends of a difference
        expected = total * (picture - baseline)[place]
        assert way.shares[place] == pytest.approx(expected, abs=2e-4 * np.abs(way.shares).max() + 1e-7)


def test_pieces_are_short_where_the_slope_leaps() -> None:
    """A network whose score rises only between two grey levels: the points gather there, and the shares add up."""
    nodes = [
        helper.make_node("Sub", ["float", "grey"], ["above"]),
        helper.make_node("Relu", ["above"], ["bright"]),
        helper.make_node("ReduceMean", ["bright"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
        helper.make_node("Mul", ["column", "tilt"], ["tilted"]),
        helper.make_node("Add", ["tilted", "shift"], ["shifted"]),
        helper.make_node("Clip", ["shifted", "least", "most"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    weights = {
        "grey": np.float32(128), "axis": np.array([1]), "tilt": np.array([[1, 0]], np.float32), "shift": np.array([[-18, 0]], np.float32),
        "least": np.float32(0), "most": np.float32(2),
    }  # fmt: skip
    picture = np.full((4, 4, 3), 128 - 60, np.uint8)
    picture[:2] = 128 + 60  # the mean of the brighter half over all goes from 0 to 30: at 0.6 of the way it is 18, at two thirds 20
    question = question_of(inside_of(network_of(nodes, weights, 4, ["a", "b"]), picture), "a")
    way = way_to(question, 8, 128)
    assert way.difference == pytest.approx(2) and way.shares.sum() == pytest.approx(2, rel=0.02)
    at_the_bends = (np.abs(way.points - 0.6) < 0.05) | (np.abs(way.points - 2 / 3) < 0.05)
    assert len(way.points) < 40 and at_the_bends.mean() > 0.5
    assert way.shares[2:] == pytest.approx(0, abs=1e-6) and np.ptp(way.shares[:2]) == pytest.approx(0, abs=1e-6)


def test_occlusion_is_the_fall_of_the_score_place_by_place(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    found = occlusion(question, cells=4, wide=1.0)
    colour = np.rint(question.picture.mean((0, 1)))
    for row, column in ((0, 0), (2, 3)):
        covered = question.picture.copy()
        covered[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = colour
        fallen = score(question) - float(question.values_of(covered[None])["logits"][question.place])
        assert found.values[row, column] == pytest.approx(fallen, abs=1e-5)
        assert found.box((row, column)) == (8 * column, 8 * row, 8 * column + 8, 8 * row + 8)


@pytest.mark.parametrize("cells", [4, 5])
def test_every_second_position_is_that_of_the_whole_map(cells: int, tmp_path: Path) -> None:
    question = small_question(tmp_path)
    whole, part = occlusion(question, cells), occlusion(question, cells, every=2)
    assert part.values == pytest.approx(whole.values[::2, ::2], abs=1e-5)
    assert part.box((1, 1)) == (pytest.approx(np.array(part.box((0, 0))) + 2 * question.size / cells)) and part.origin == whole.origin


def test_squares_end_at_the_border_and_there_are_no_more_of_them_than_pixels(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    assert occlusion(question).values.shape == (14, 14)
    tiny = np.zeros((5, 5, 3), np.uint8)
    tiny[0, 0] = 255
    covered = covered_pictures(tiny, 5, 2.0)
    assert covered.shape == (25, 5, 5, 3) and (covered[0, 0, 0] == 10).all() and (covered[24, 0, 0] == 255).all()


def test_a_map_is_read_between_its_cells_and_its_coarse_form_is_means() -> None:
    found = Saliency("x", np.array([[0.0, 2.0], [4.0, 6.0]]), (4, 4), (8, 8))
    fine = found.at_pixels(16)
    assert fine[0, 0] == 0 and fine[15, 15] == 6 and fine[3:5, 3:5].mean() == pytest.approx(0.0, abs=0.5)
    assert fine[8, 8] == pytest.approx((0 + 2 + 4 + 6) / 4, abs=0.5) and found.peak == (1, 1) and found.box((1, 1)) == (8, 8, 16, 16)
    assert cell_means(np.arange(16.0).reshape(4, 4), 2).tolist() == [[2.5, 4.5], [10.5, 12.5]]
