"""Averages of weights against their definition, and against torch's plain mean."""

from typing import Any

import numpy as np
import pytest

from vitreous.errors import UsageError

torch = pytest.importorskip("torch")
from torch import nn
from torch.optim.swa_utils import AveragedModel

from vitreous.optim.average import Average


def net(dtype: Any = torch.float64) -> Any:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).to(dtype)


def moved(net: Any, step: int) -> None:
    """As a step of a training would: weights and running means change."""
    generator = torch.Generator().manual_seed(step)
    with torch.no_grad():
        for each in net.parameters():
            each.add_(torch.randn(each.shape, generator=generator, dtype=torch.float64).to(each.dtype))
        net(torch.randn(5, 3, generator=generator, dtype=torch.float64).to(net[0].weight.dtype))


@pytest.mark.parametrize("decay", [0.0, 0.9, 0.999, 1.0])
def test_the_coefficients_fall_by_the_decay_and_sum_to_one(decay: float) -> None:
    own, average, seen = net(), Average(decay), []
    for step in range(12):
        moved(own, step)
        average.update(own)
        seen.append(own[0].weight.detach().numpy().copy())
        coefficients = decay ** np.arange(len(seen) - 1, -1, -1.0)
        expected = np.tensordot(coefficients / coefficients.sum(), seen, 1)
        np.testing.assert_allclose(average.values["0.weight"], expected, rtol=1e-9, atol=1e-12)  # fp64


def test_decay_1_is_torchs_plain_mean_of_weights_and_running_means() -> None:
    own, average = net(), Average(1.0)
    theirs = AveragedModel(own, use_buffers=True)
    for step in range(10):
        moved(own, step)
        average.update(own)
        theirs.update_parameters(own)
    for name, value in theirs.module.state_dict().items():
        if not value.is_floating_point():
            continue  # theirs keeps the counter of the first
        torch.testing.assert_close(average.values[name], value, rtol=1e-12, atol=1e-12)


def test_counters_are_taken_as_they_are() -> None:
    own, average = net(), Average(0.5)
    for step in range(4):
        moved(own, step)
        average.update(own)
    assert average.values["1.num_batches_tracked"] == own[1].num_batches_tracked == 4


def test_a_network_in_16_bit_is_averaged_in_32() -> None:
    own, average = net(torch.bfloat16), Average(0.999)
    with torch.no_grad():
        for step in range(200):
            own[0].weight.fill_(1.0 if step % 2 else 1.0078125)  # neighbours in bf16
            average.update(own)
    weight = average.values["0.weight"]
    assert weight.dtype == torch.float32
    assert ((weight - 1.00390625).abs() < 1e-4).all()  # their middle, which bf16 does not have; fp32 sums err by less
    average.copy_to(own)
    assert own[0].weight.dtype == torch.bfloat16


def test_the_average_can_be_given_to_a_network_and_shares_no_memory_with_it() -> None:
    own, other, average = net(), net(), Average()
    average.update(own)
    kept = {name: value.clone() for name, value in average.values.items()}
    moved(own, 1)
    average.copy_to(other)
    moved(other, 2)
    for name, value in kept.items():
        assert torch.equal(average.values[name], value)


def test_a_saved_average_goes_on_to_the_same_bits() -> None:
    own, through, resumed = net(), Average(0.99), Average(0.5)
    for step in range(10):
        moved(own, step)
        through.update(own)
        if step == 4:
            state = through.state_dict()
            resumed.load_state_dict(state)
        elif step > 4:
            resumed.update(own)
    assert (resumed.decay, resumed.updates) == (0.99, 10)
    for name, value in through.values.items():
        assert torch.equal(value, resumed.values[name])


def test_what_makes_no_sense_is_refused() -> None:
    for decay in (-0.1, 1.1, float("nan"), "0.9"):
        with pytest.raises(UsageError, match="decay of an average: "):
            Average(decay)  # on purpose no number
    average = Average()
    with pytest.raises(UsageError, match="no average yet"):
        average.copy_to(net())
    average.update(net())
    for other in (nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))):
        with pytest.raises(UsageError, match="no part in the average"):
            average.update(other)
