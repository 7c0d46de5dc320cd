"""Schedules against torch's, where it has the same, and by hand. They need no torch."""

import subprocess
import sys
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.errors import UsageError
from vitreous.optim import SCHEDULES, schedule


def theirs(make: Any, steps: int) -> list[float]:
    """The factors of torch's schedule."""
    torch = pytest.importorskip("torch")
    descent = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    made, found = make(torch.optim.lr_scheduler, descent), []
    for _ in range(steps):
        found.append(descent.param_groups[0]["lr"])
        with warnings.catch_warnings(action="ignore"):  # it wants a step of the optimizer before
            made.step()
    return found


def factors(name: str, steps: int, **options: Any) -> list[float]:
    factor = schedule(name, steps, **options)
    return [factor(step) for step in range(steps)]


@pytest.mark.parametrize("steps", [5, 20, 101])
@pytest.mark.parametrize("warmup", [0.3, 0.1, 0.55])
def test_one_cycle_is_torchs(steps: int, warmup: float) -> None:
    if warmup * steps <= 1:
        pytest.skip("torch divides by zero there")
    expected = theirs(lambda torch, descent: torch.OneCycleLR(descent, max_lr=1.0, total_steps=steps + 1, pct_start=warmup), 1)
    expected = theirs(lambda torch, descent: torch.OneCycleLR(descent, max_lr=1.0, total_steps=steps, pct_start=warmup), steps - 1)
    found = factors("one-cycle", steps, warmup=warmup)
    assert found[:-1] == pytest.approx(expected, rel=1e-9)
    assert found[-1] == pytest.approx(1 / 25e4)


def test_cosine_step_and_constant_are_torchs() -> None:
    expected = theirs(lambda torch, descent: torch.CosineAnnealingLR(descent, T_max=40), 40)
    assert factors("cosine", 40) == pytest.approx(expected, rel=1e-9)
    expected = theirs(lambda torch, descent: torch.MultiStepLR(descent, [20, 30], gamma=0.1), 40)
    assert factors("step", 40) == pytest.approx(expected, rel=1e-12)
    expected = theirs(lambda torch, descent: torch.ConstantLR(descent, factor=1), 40)
    assert factors("constant", 40) == expected


def test_a_warm_up_rises_in_a_line_and_the_schedule_begins_behind_it() -> None:
    expected = theirs(
        lambda torch, descent: torch.SequentialLR(
            descent, [torch.LinearLR(descent, 1 / 10, total_iters=9), torch.CosineAnnealingLR(descent, T_max=90)], milestones=[10]
        ),
        100,
    )
    assert factors("cosine", 100, warmup=0.1) == pytest.approx(expected, rel=1e-9)
    assert factors("constant", 4, warmup=0.5) == [0.5, 1.0, 1.0, 1.0]
    assert factors("step", 8, warmup=0.25) == pytest.approx([0.5, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])
    assert factors("cosine", 4, warmup=1.0) == [0.25, 0.5, 0.75, 1.0]


def test_the_drops_are_those_of_resnet_on_cifar() -> None:
    factor = schedule("step", 64_000)  # He et al. 2015, section 4.2: divided by 10 at 32k and 48k of 64k steps
    assert [factor(step) for step in (31_999, 32_000, 47_999, 48_000)] == pytest.approx([1, 0.1, 0.1, 0.01])


@given(st.sampled_from(sorted(SCHEDULES)), st.integers(1, 500), st.none() | st.floats(0, 1), st.integers(0, 600))
def test_a_factor_lies_in_0_to_1_and_is_a_function_of_the_step_alone(name: str, steps: int, warmup: float | None, step: int) -> None:
    factor = schedule(name, steps, warmup=warmup)
    assert 0 < factor(step) <= 1 + 1e-12
    assert factor(step) == schedule(name, steps, warmup=warmup)(step)
    if step >= steps:
        assert factor(step) == factor(steps - 1)


def test_what_makes_no_sense_is_refused() -> None:
    for name, near in (("cosin", "cosine"), ("One-Cycle", "one-cycle"), ("onecycle", "one-cycle")):
        with pytest.raises(UsageError, match=f"no schedule '{name}': did you mean '{near}'"):
            schedule(name, 10)
    for steps in (0, -1, 2.5, float("nan"), True, "10", None, 10**400):
        with pytest.raises(UsageError, match="a whole number from 1 to"):
            schedule("cosine", steps)  # on purpose no number
    for warmup in (-0.1, 1.5, float("nan"), "0.1"):
        with pytest.raises(UsageError, match=r"warm-up: .*a number from 0 to 1"):
            schedule("cosine", 10, warmup=warmup)  # on purpose no number
    with pytest.raises(UsageError, match="a step of a schedule: -1"):
        schedule("cosine", 10)(-1)


def test_rules_schedules_and_names_need_no_torch() -> None:
    code = "import sys, vitreous.optim, vitreous.optim.rules; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
