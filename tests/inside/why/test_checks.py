"""The two checks of a map: that it depends on the weights, and that what it marks matters."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parent))
from asked import inside_of, linear_network, small_question

from vitreous.inside.why.cam import cam
from vitreous.inside.why.deletion import Curves, area, blurred, deletion_and_insertion, random_orders
from vitreous.inside.why.occlusion import occlusion
from vitreous.inside.why.question import Question, question_of
from vitreous.inside.why.redrawn import depends_on_weights, layers_with_weights, rank_correlation, redrawn_networks, redrawn_weights
from vitreous.inside.why.saliency import Saliency, cell_means


def edges(question: Question) -> Saliency:
    """A map that shows the picture and nothing of the network, as an edge detector does."""
    grey = question.picture.astype(float).mean(-1)
    return Saliency("edges", np.abs(np.gradient(grey)[0]), (0.5, 0.5), (1, 1))


def test_rank_correlation_is_spearmans_and_zero_for_what_has_no_ranks() -> None:
    random = np.random.default_rng(0)
    a, b = random.integers(0, 9, (2, 7, 7)).astype(float)
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)
    assert rank_correlation(a, np.ones((7, 7))) == 0 and rank_correlation(a, a**3) == pytest.approx(1)


def test_layers_are_redrawn_from_the_answer_down_and_keep_their_size(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    assert layers_with_weights(question) == [("conv.weight", "conv.bias"), ("head.weight", "head.bias")]
    last, all_of_it = redrawn_networks(question)
    old, new = question.walk.constants, all_of_it.walk.constants
    assert np.array_equal(last.walk.constants["conv.weight"], old["conv.weight"]) and not np.array_equal(new["conv.weight"], old["conv.weight"])
    assert np.array_equal(last.walk.constants["head.weight"], new["head.weight"])  # a longer cascade holds a shorter one
    assert np.sqrt((new["conv.weight"] ** 2).mean()) == pytest.approx(np.sqrt((old["conv.weight"] ** 2).mean()), rel=0.1)  # 1,800 draws
    assert np.array_equal(new["scale"], old["scale"])


def test_the_engine_runs_the_same_redrawn_network_as_the_walk(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    other = question.with_weights(redrawn_weights(question, layers_with_weights(question), 3))
    assert other.scores(question.picture[None])[0] == pytest.approx(other.values["logits"][0], abs=1e-5)
    assert np.abs(other.values["logits"] - question.values["logits"]).max() > 0.01


def test_a_map_that_shows_only_the_picture_is_found_out(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    networks = redrawn_networks(question)
    found = depends_on_weights(question, edges(question), edges, networks)
    assert found.likeness == (pytest.approx(1), pytest.approx(1)) and not found.trustworthy and found.layers == (1, 2)
    assert depends_on_weights(question, cam(question), cam, networks).likeness[-1] < 0.9


def test_a_coarser_map_is_compared_where_both_have_cells(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    map_ = occlusion(question)
    found = depends_on_weights(question, map_, lambda network: occlusion(network, every=2), [question])
    assert found.likeness == (pytest.approx(1),) and found.cells == 49
    assert depends_on_weights(question, map_, occlusion, [question]).cells == 196


def test_curves_begin_and_end_with_the_untouched_and_the_empty_picture(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    found = deletion_and_insertion(question, cam(question), random_orders(question, 2))
    own = float(question.values["probability"][question.place])
    assert found.share[0] == 0 and found.share[-1] == 1 and len(found.share) == 15
    assert found.deletion[0] == pytest.approx(own, abs=1e-5) and found.insertion[-1] == pytest.approx(own, abs=1e-5)
    empty = np.broadcast_to(np.rint(question.picture.mean((0, 1))), question.picture.shape).astype(np.uint8)
    assert found.deletion[-1] == pytest.approx(float(question.both(empty[None])[1][0, question.score.index]), abs=1e-5)
    assert found.random_deletion[:, 0] == pytest.approx([own] * 2, abs=1e-5)


def test_in_between_the_parts_that_are_marked_most_are_gone_first(tmp_path: Path) -> None:
    question = small_question(tmp_path)
    map_ = cam(question)
    found = deletion_and_insertion(question, map_, random_orders(question, 2))
    count = round(found.share[4] * 14 * 14)
    means = cell_means(map_.at_pixels(32), 14)
    first = np.isin(np.arange(196), np.argsort(-means.ravel(), kind="stable")[:count]).reshape(14, 14)
    edges = np.rint(np.linspace(0, 32, 15)).astype(int)
    mask = np.repeat(np.repeat(first, np.diff(edges), 0), np.diff(edges), 1)[..., None]
    empty = np.rint(question.picture.mean((0, 1))).astype(np.uint8)
    pair = np.stack((np.where(mask, empty, question.picture), np.where(mask, question.picture, blurred(question.picture))))
    assert [found.deletion[4], found.insertion[4]] == pytest.approx(question.both(pair)[1][:, question.score.index].tolist(), abs=1e-6)


def test_a_map_of_the_only_part_that_counts_matters_and_its_opposite_does_not() -> None:
    """The network answers by the sum of the upper left corner; everything else has weight 0."""
    side = 14
    W = np.zeros((2, side, side, 3))
    W[0, :4, :4], W[1, :4, :4] = 0.01, -0.01
    picture = np.full((side, side, 3), 60, np.uint8)
    picture[:4, :4] = 200
    question = question_of(inside_of(linear_network(W.reshape(2, -1), np.array([-90.0, 90.0]), side), picture), "label 0")
    marks = Saliency("corner", W[0].sum(-1), (0.5, 0.5), (1, 1))
    random = random_orders(question)
    assert deletion_and_insertion(question, marks, random).matters
    assert not deletion_and_insertion(question, replace(marks, values=-marks.values), random).matters


def test_the_area_is_the_mean_height() -> None:
    share = np.array([0, 0.5, 1.0])
    flat = np.zeros((1, 3))
    assert area(share, np.array([1.0, 0.5, 0.0])) == pytest.approx(0.5)
    assert Curves(share, np.array([1.0, 0, 0]), np.array([0, 1.0, 1]), flat + 0.5, flat + 0.5).areas["deletion"] == pytest.approx(0.25)
