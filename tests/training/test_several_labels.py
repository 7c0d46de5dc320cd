"""Several labels learned from the pixels on: target, loss, what is judged, calibration in the file. The loop is the one for one label."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import HELD, LEARNED, NAMES, RECIPE, SIDE, never, nothing
from sklearn.metrics import average_precision_score

from vitreous.core.view import View
from vitreous.errors import UsageError
from vitreous.export.onnx_file import to_network
from vitreous.fit.link import Sigmoids
from vitreous.fit.pictures import Pictures
from vitreous.fit.settings import TrainSettings
from vitreous.fit.small.pixels import pixels_network
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.training.bench import Bench, bench, mixed
from vitreous.training.classifier import ScratchClassifier
from vitreous.training.held_out import judge
from vitreous.training.judging import judged, mean_average_precision, right_of
from vitreous.training.learner import ScratchLearner, has_few_to_test
from vitreous.training.loop import train
from vitreous.training.pictures import Batches, standard_of
from vitreous.training.position import Position
from vitreous.training.recipe import require_loss_for, resolve
from vitreous.training.recording import epoch_line, training_facts

SEVERAL = replace(RECIPE, classes=2, loss="binary-cross-entropy", epochs=40)


def made(count: int = LEARNED + HELD, seed: int = 0) -> tuple[Pictures, Any]:
    """Pictures that are bright on the left, on the right, on both sides or on neither; every ninth cell is unknown."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 2, (count, 2)).astype(np.float32)
    values = rng.integers(0, 120, (count, SIDE, SIDE, 1))
    for side in range(2):
        values[target[:, side] == 1, :, 8 * side : 8 * side + 8] += 100
    target.flat[::9] = np.nan
    return Pictures(values.astype(np.uint8), np.arange(count)), target


def made_several(**changed: Any) -> Bench:
    (pictures, target), recipe = made(), replace(SEVERAL, **changed)
    standard = standard_of(pictures[:LEARNED], 1)
    parts = (slice(0, LEARNED), slice(LEARNED, None))
    return bench(recipe, *(Batches(pictures[part], target[part], standard, torch.device("cpu"), False) for part in parts))


@pytest.mark.parametrize("changed", [{}, {"loss": "asymmetric"}, {"mixup": 0.2}, {"pieces": 3}])
def test_sides_are_told_apart_with_unknown_cells_left_out(changed: dict[str, Any]) -> None:
    trained, position = made_several(**changed), Position()
    assert train(trained, position, NAMES, never, nothing)
    last, found = position.history[-1], judge(trained, position)
    assert found is not None and found.map is not None and found.map > 0.95 and found.accuracy > 0.8
    assert last["held_map"] == found.map and 0.5 < last["train_accuracy"] <= 1
    assert "mAP" in epoch_line(trained.recipe, position, LEARNED)


def test_what_is_right_is_counted_label_by_label_and_unknown_cells_are_in_no_share() -> None:
    nan = float("nan")
    logits, target = torch.tensor([[1.0, -1.0], [1.0, -1.0], [2.0, 3.0]]), torch.tensor([[1.0, 1.0], [nan, 0.0], [nan, nan]])
    assert right_of(logits, target) == 0.5 + 1 + 1
    assert right_of(logits, torch.tensor([0, 1, 1])) == 2


def test_the_mean_average_precision_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    scores, target = rng.normal(size=(60, 4)).astype(np.float32), (rng.random((60, 4)) < 0.3).astype(np.float32)
    assert mean_average_precision(scores, target) == pytest.approx(average_precision_score(target, scores, average="macro"), abs=1e-12)
    assert mean_average_precision(scores, np.zeros_like(target)) is None
    found = judged(torch.from_numpy(scores), torch.from_numpy(target))
    reference = torch.nn.functional.binary_cross_entropy_with_logits(torch.from_numpy(scores), torch.from_numpy(target)).item()
    assert found.loss == pytest.approx(reference, rel=1e-5) and found.calibrated < found.loss


def test_a_mixture_with_something_unknown_is_unknown_there() -> None:
    x, y = torch.zeros(6, 1, 2, 2), torch.tensor([[1.0, 0.0]] * 3 + [[0.0, float("nan")]] * 3)
    _, target = mixed(x, y, replace(SEVERAL, mixup=0.4), 0)
    assert target.shape == y.shape and ((target[:, 0] >= 0) & (target[:, 0] <= 1)).all() and target[3:, 1].isnan().all()


def test_the_file_gives_the_calibrated_probabilities_of_the_network() -> None:
    trained, (pictures, _) = made_several(epochs=2), made()
    link = Sigmoids(np.array([0.5, 2.0], np.float32), np.array([1.0, -0.3], np.float32))
    learner = ScratchLearner("mlp", 1, SIDE, TrainSettings())
    classifier = ScratchClassifier(learner, trained.net.eval(), trained.learned.standard, link, "nothing", trained.recipe, Position())
    view = View.whole(SIDE)
    facts = {"task": "multilabel", "thresholds": [0.5, 0.5]}
    network = classifier.joined(pixels_network(SIDE, 1), view, ["left", "right"], facts)
    assert network.facts["task"] == "multilabel" and network.labels == ["left", "right"]
    seen = np.repeat(pictures.take(slice(0, 4)), 3, axis=3)
    answers = run_batch(start_engine(network, Setting("openvino", "f32", 1, 1, "")), seen)["probability"]
    # fp32 sums in another order, and grey is made of three equal channels there: 1e-4
    np.testing.assert_allclose(answers, classifier.probability(pictures[:4]), atol=1e-4)
    plain = to_network(trained.net, ["left", "right"], view, [0.0], [1.0], {"network": "mlp"})
    sums = run_batch(start_engine(plain, Setting("openvino", "f32", 1, 1, "")), seen)["probability"].sum(1)
    np.testing.assert_allclose(sums, 1, atol=1e-5)


def test_a_loss_for_another_task_is_refused_and_the_usual_one_is_taken() -> None:
    for task, settings, said in (
        ("multilabel", TrainSettings(loss="focal"), "binary-cross-entropy or asymmetric"),
        ("classify", TrainSettings(loss="asymmetric"), "cross-entropy or focal"),
        ("multilabel", TrainSettings(class_weights="balanced"), "threshold"),
    ):
        with pytest.raises(UsageError, match=said):
            require_loss_for(task, settings)
    require_loss_for("multilabel", TrainSettings(loss="asymmetric"))
    assert resolve(TrainSettings(), "lenet", (3, 1, 28), 50, "cpu", 1, several=True)[0].several
    assert not resolve(TrainSettings(), "lenet", (3, 1, 28), 50, "cpu", 1)[0].several


def test_the_gap_is_told_label_by_label() -> None:
    target = np.array([[1, 0], [np.nan, 1]], np.float32)
    facts = training_facts(np.array([[0.9, 0.1], [0.2, 0.4]], np.float32), target, np.array([[0.9, 0.1], [0.9, 0.9]], np.float32), target)
    assert facts["train_accuracy"] == pytest.approx(2 / 3) and facts["held_accuracy"] == 1 and facts["gap"] == pytest.approx(-1 / 3)


def test_labels_with_few_test_pictures_are_counted_by_label() -> None:
    from vitreous.fit.classifier import Parts

    target = np.ones((60, 2), np.float32)
    parts = Parts(None, target, np.arange(60), 2, 10, 10, 10, 0)
    assert not has_few_to_test(parts)
    target[30:, 1] = 0
    assert has_few_to_test(parts)
