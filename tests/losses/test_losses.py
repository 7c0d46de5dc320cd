"""Each loss against torch's own, scikit-learn, values worked out by hand, and finite differences."""

import subprocess
import sys
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from shape_annotations import checked

from vitreous.errors import UsageError
from vitreous.losses import LOSSES, loss

torch = pytest.importorskip("torch")
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

ONE = [name for name, each in LOSSES.items() if not each.several]
SEVERAL = [name for name, each in LOSSES.items() if each.several]
NAN = float("nan")


def logits(pictures: int = 6, classes: int = 4, seed: int = 0, dtype: Any = torch.float64) -> Any:
    return 3 * torch.randn(pictures, classes, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def target_of(name: str, z: Any) -> Any:
    """A target that fits: class numbers, or labels with one unknown."""
    if not LOSSES[name].several:
        return torch.arange(len(z)) % z.shape[1]
    t = (logits(*z.shape, seed=1) > 0).to(z.dtype)
    t[0, 0] = NAN
    return t


def mixed(pictures: int = 6, classes: int = 4) -> Any:
    """Probabilities, as mixup makes them."""
    return 0.3 * one_hot(torch.arange(pictures) % classes, classes) + 0.7 * one_hot(torch.arange(1, pictures + 1) % classes, classes).double()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_is_its_equation(weighted: bool, smoothing: float) -> None:
    z = logits()
    weights = [0.5, 1.0, 2.0, 4.0] if weighted else None
    ours = loss("cross-entropy", class_weights=weights, smoothing=smoothing)
    w = np.array(weights or [1.0] * 4)
    log_p = z.numpy() - np.log(np.exp(z.numpy()).sum(1, keepdims=True))
    for target in (target_of("cross-entropy", z), mixed()):
        q = target.numpy() if target.ndim == 2 else np.eye(4)[target.numpy()]
        expected = -(w * ((1 - smoothing) * q + smoothing / 4) * log_p).sum(1)
        np.testing.assert_allclose(ours(z, target).numpy(), expected, rtol=1e-12, atol=1e-12)  # fp64


def test_binary_cross_entropy_is_torchs_mean_over_the_labels() -> None:
    z, weights = logits(), [0.5, 1.0, 2.0, 4.0]
    t = (logits(seed=1) > 0).double()
    theirs = binary_cross_entropy_with_logits(z, t, torch.tensor(weights, dtype=torch.float64), reduction="none").mean(1)
    torch.testing.assert_close(loss("binary-cross-entropy", class_weights=weights)(z, t), theirs, rtol=1e-12, atol=1e-12)
    smoothed = binary_cross_entropy_with_logits(z, 0.9 * t + 0.05, reduction="none").mean(1)
    torch.testing.assert_close(loss("binary-cross-entropy", smoothing=0.1)(z, t), smoothed, rtol=1e-12, atol=1e-12)


def test_the_mean_is_scikit_learns_log_loss() -> None:
    from sklearn.metrics import log_loss

    z = logits()
    y, t = target_of("cross-entropy", z), (logits(seed=1) > 0).double()
    assert float(loss("cross-entropy")(z, y).mean()) == pytest.approx(log_loss(y.numpy(), z.softmax(1).numpy()), rel=1e-12)
    each = [log_loss(t[:, k].numpy(), z[:, k].sigmoid().numpy(), labels=[0, 1]) for k in range(z.shape[1])]
    assert float(loss("binary-cross-entropy")(z, t).mean()) == pytest.approx(np.mean(each), rel=1e-12)


def test_the_cat_of_the_slide_loses_2_04() -> None:
    assert float(loss("cross-entropy")(torch.tensor([[3.2, 5.1, -1.7]]), torch.tensor([0]))) == pytest.approx(2.04, abs=0.005)


def test_a_network_that_knows_nothing_loses_log_k() -> None:
    zeros = torch.zeros(2, 10)
    assert loss("cross-entropy")(zeros, torch.tensor([3, 9])).tolist() == pytest.approx([log(10)] * 2)
    assert loss("binary-cross-entropy")(zeros, torch.ones(2, 10)).tolist() == pytest.approx([log(2)] * 2)


def test_focal_with_gamma_0_is_cross_entropy_and_with_gamma_2_counts_the_easy_a_hundredth() -> None:
    z = logits()
    for target in (target_of("focal", z), mixed()):
        torch.testing.assert_close(loss("focal", gamma=0, smoothing=0.1)(z, target), loss("cross-entropy", smoothing=0.1)(z, target))
    easy = torch.tensor([[0.9, 0.1]], dtype=torch.float64).log()
    assert float(loss("focal")(easy, torch.tensor([0]))) == pytest.approx(-(0.1**2) * log(0.9), rel=1e-12)
    assert float(loss("focal")(easy, torch.tensor([1]))) == pytest.approx(-(0.9**2) * log(0.1), rel=1e-12)
    assert float(loss("focal", gamma=5, class_weights=[1, 0.25])(easy, torch.tensor([1]))) == pytest.approx(-0.25 * 0.9**5 * log(0.1), rel=1e-7)


def test_asymmetric_loss_by_hand() -> None:
    p = torch.tensor([[0.8, 0.8, 0.04]], dtype=torch.float64)
    t = torch.tensor([[1.0, 0.0, 0.0]])
    there, absent = log(0.8), (0.8 - 0.05) ** 4 * log(1 - 0.75)  # the third is below the margin: nothing
    assert float(loss("asymmetric")(p.logit(), t)) == pytest.approx(-(there + absent) / 3, rel=1e-12)
    focused = loss("asymmetric", gamma=2, gamma_positive=1, margin=0)(p.logit(), t)
    assert float(focused) == pytest.approx(-(0.2 * log(0.8) + 0.8**2 * log(0.2) + 0.04**2 * log(0.96)) / 3, rel=1e-12)


def test_asymmetric_loss_without_asymmetry_is_binary_cross_entropy() -> None:
    z = logits()
    t = target_of("asymmetric", z)
    plain = loss("asymmetric", gamma=0, gamma_positive=0, margin=0)
    torch.testing.assert_close(plain(z, t), loss("binary-cross-entropy")(z, t), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SEVERAL)
def test_an_unknown_label_is_no_part_of_the_loss_and_gets_no_gradient(name: str) -> None:
    z = logits().requires_grad_()
    t = (logits(seed=1) > 0).double()
    t[0, 1] = t[1] = NAN
    losses = loss(name)(z, t)
    losses.sum().backward()
    assert z.grad[0, 1] == 0 and (z.grad[1] == 0).all() and losses[1].item() == 0
    known = [0, 2, 3]
    torch.testing.assert_close(losses[:1], loss(name)(z[:1, known], t[:1, known]))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_extreme_logits_give_finite_losses_and_gradients_in_fp32(name: str, dtype: Any) -> None:
    rows = torch.tensor([[1e4, -1e4, 0.0, 1e4], [-1e4, 1e4, -1e4, -1e4], [0.0, 0.0, 0.0, 0.0], [88.0, -88.0, 104.0, -104.0]])
    z = rows.to(dtype).requires_grad_()
    losses = loss(name)(z, target_of(name, rows))
    losses.sum().backward()
    assert losses.dtype == torch.float32 and losses.shape == (4,) and losses.isfinite().all() and (losses >= 0).all()
    assert z.grad.isfinite().all() and z.grad.dtype == dtype


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 5.0])
@pytest.mark.parametrize("margin", [0.0, 1e-60, 0.05])
def test_any_gamma_and_margin_keep_extreme_logits_finite(gamma: float, margin: float) -> None:
    for name, options in (("focal", {"gamma": gamma}), ("asymmetric", {"gamma": gamma, "gamma_positive": gamma, "margin": margin})):
        z = torch.tensor([[1e4, -1e4, 30.0, -30.0, 0.0]]).requires_grad_()
        for target in [torch.tensor([k]) for k in range(5)] if name == "focal" else [torch.zeros(1, 5), torch.ones(1, 5)]:
            value = loss(name, **options)(z, target).sum()
            (slope,) = torch.autograd.grad(value, z)
            assert value.isfinite() and slope.isfinite().all()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cross-entropy", {"smoothing": 0.1, "class_weights": [1, 2, 3, 4]}),
        ("focal", {"gamma": 1.5, "smoothing": 0.1, "class_weights": [1, 2, 3, 4]}),
        ("binary-cross-entropy", {"smoothing": 0.1, "class_weights": [1, 2, 3, 4]}),
        ("asymmetric", {"gamma": 3.0, "gamma_positive": 1.5, "class_weights": [1, 2, 3, 4]}),
    ],
)
def test_gradients_are_those_of_finite_differences(name: str, options: dict[str, Any]) -> None:
    z = logits().requires_grad_()
    for target in [target_of(name, z)] if LOSSES[name].several else [target_of(name, z), mixed()]:
        # a step of 1e-6 in float64 leaves an error of about 1e-9
        assert torch.autograd.gradcheck(lambda x, target=target: loss(name, **options)(x, target), z, eps=1e-6, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", LOSSES)
def test_a_target_of_another_shape_raises_and_is_never_broadcast(name: str) -> None:
    z = torch.randn(4, 3)
    wrong = [
        torch.rand(4, 1),
        torch.rand(1, 3),
        torch.rand(3),
        torch.rand(4),
        torch.zeros(4, 1, dtype=torch.int64),
        torch.zeros(3, dtype=torch.int64),
    ]
    for target in [*wrong, torch.rand(4, 3, 1), torch.zeros(4, 3, dtype=torch.int64)]:
        with pytest.raises(UsageError, match=r"target does not fit the logits: logits \[4, 3\] and a target of "):
            loss(name)(z, target)
    for bad in (torch.randn(4), torch.randn(4, 3, 2, 2), torch.zeros(4, 3, dtype=torch.int64)):
        with pytest.raises(UsageError, match="no loss of these logits"):
            loss(name)(bad, target_of(name, z))
    with pytest.raises(UsageError, match=r"class weights do not fit: \[2\] float32; one for each of the 3"):
        loss(name, class_weights=[1, 2])(z, target_of(name, z))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_holds_its_annotated_shapes(name: str) -> None:
    function = checked(loss(name).func)
    z = torch.randn(4, 3)
    assert function(z, target_of(name, z)).shape == (4,)
    with pytest.raises(Exception, match=r"(?s)typechecking parameter 'target'.*\[4,1\]"):
        function(z, torch.zeros(4, 1))
    with pytest.raises(Exception, match="typechecking parameter 'logits'"):
        function(torch.zeros(4, 3, 1), torch.zeros(4))
    with pytest.raises(Exception, match="typechecking parameter 'class_weights'"):
        function(z, target_of(name, z), class_weights=torch.ones(5))


def test_targets_that_mean_nothing_are_named() -> None:
    z = torch.randn(2, 3)
    for name in ONE:
        for numbers, said in ((torch.tensor([0, 3]), "0 to 3; 0 to 2"), (torch.tensor([-1, 1]), "-1 to 1; 0 to 2")):
            with pytest.raises(UsageError, match=f"class number is out of range: {said}"):
                loss(name)(z, numbers)
        for bad in (torch.full((2, 3), NAN), torch.full((2, 3), 0.5), torch.tensor([[2.0, -1.0, 0.0]] * 2)):
            with pytest.raises(UsageError, match="no probability"):
                loss(name)(z, bad)
    for name in SEVERAL:
        with pytest.raises(UsageError, match="no label: numbers outside 0 to 1"):
            loss(name)(z, torch.tensor([[0.0, 1.0, 2.0], [NAN, -1.0, 0.0]]))


def test_no_pictures_have_no_losses() -> None:
    for name in LOSSES:
        z = torch.zeros(0, 3)
        assert loss(name)(z, target_of(name, torch.zeros(1, 3))[:0]).shape == (0,)


def test_unknown_names_and_options_are_answered_with_the_nearest() -> None:
    for name, near in (("cross_entropy", "cross-entropy"), ("Focal", "focal"), ("assymetric", "asymmetric"), ("binary-crossentropy", "binary-cross")):
        with pytest.raises(UsageError, match=f"no loss '{name}': did you mean '{near}"):
            loss(name)
    for name in (None, 3, ["focal"], "x" * 500):
        with pytest.raises(UsageError, match="there is no loss"):
            loss(name)  # on purpose no name
    with pytest.raises(UsageError, match="cross-entropy takes no gamma: it takes: smoothing, class_weights"):
        loss("cross-entropy", gamma=2)
    with pytest.raises(UsageError, match="asymmetric takes no smoothing"):
        loss("asymmetric", smoothing=0.1)


@pytest.mark.parametrize(
    "options",
    [
        {"smoothing": 1.0},
        {"smoothing": -0.1},
        {"smoothing": NAN},
        {"smoothing": True},
        {"smoothing": "0.1"},
        {"gamma": -1},
        {"gamma": float("inf")},
        {"class_weights": []},
        {"class_weights": [1, 0]},
        {"class_weights": [1, NAN]},
        {"class_weights": "12"},
        {"class_weights": 3},
    ],
)
def test_numbers_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"a number|one number above 0"):
        loss("focal", **options)


def test_class_weights_may_be_an_array() -> None:
    z, y = logits(), target_of("focal", logits())
    torch.testing.assert_close(
        loss("focal", class_weights=np.array([1, 2, 3, 4]))(z, y),  # from Python anything may come
        loss("focal", class_weights=torch.tensor([1.0, 2.0, 3.0, 4.0]))(z, y),
    )


def test_the_list_of_losses_needs_no_torch() -> None:
    code = "import sys, vitreous.losses as l; l.entry('focal'); sys.exit('torch' in sys.modules or 'jaxtyping' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
