"""What fits into the time: never more than there is, and more where there is more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.training.tuning.planning import LADDER, Costs, choose, least, timed

CLOTHING = Costs(frozen=0.02, step=0.018, lines=((1201, 300),), all=1501, shares=5)
NUMBERS = st.floats(1e-5, 1.0)


def test_a_slow_machine_learns_in_few_epochs_and_a_fast_one_in_many() -> None:
    slow, fast = choose(CLOTHING, 200), choose(Costs(0.001, 0.001, ((1201, 300),), 1501, 5), 200)
    assert slow is not None and fast is not None
    assert (slow.epochs, slow.views, slow.refit) == (4, 3, False)
    assert (fast.epochs, fast.views, fast.refit) == (*LADDER[-1], True)


def test_by_hand() -> None:
    costs = Costs(frozen=0.01, step=0.1, lines=((80, 20),), all=100, shares=5)
    # one more view of 100 pictures, 3 epochs of 80, and 20 held out asked 3 + 5 times at a third of a step
    assert least(costs) == pytest.approx(1 * 100 * 0.01 + (3 * 80 + 20 * 8 / 3) * 0.1)
    assert costs.seconds(3, 2, True) == pytest.approx(least(costs) + 3 * 100 * 0.1)


@given(NUMBERS, NUMBERS, st.floats(0, 5000), st.floats(0, 5000))
def test_it_fits_and_more_time_never_gives_fewer_epochs(frozen: float, step: float, seconds: float, more: float) -> None:
    costs = Costs(frozen, step, ((800, 200),), 1000, 5)
    chosen, later = choose(costs, seconds), choose(costs, seconds + more)
    if chosen is None:
        assert seconds < least(costs)
        return
    assert chosen.seconds <= seconds and chosen.seconds == pytest.approx(costs.seconds(chosen.epochs, chosen.views, chosen.refit))
    assert later is not None and later.epochs >= chosen.epochs


def test_with_cross_validation_all_pictures_are_learned_from_at_last() -> None:
    costs = Costs(0.001, 0.001, ((200, 100),) * 3, 300, 5)
    chosen = choose(costs, least(costs) + 1e-6)
    assert chosen is not None and chosen.refit
    assert choose(costs, least(costs) - 1e-6) is None


def test_where_validation_is_given_nothing_is_learned_twice() -> None:
    chosen = choose(Costs(0.001, 0.001, ((1000, 200),), 0, 5), 1e6)
    assert chosen is not None and not chosen.refit


def test_little_room_means_fewer_views() -> None:
    chosen = choose(Costs(0.001, 0.001, ((1000, 200),), 0, 5), 1e6, most_views=3)
    assert chosen is not None and chosen.views == 3 and chosen.epochs == LADDER[-1][0]


def test_the_middle_one_of_some_times_is_taken() -> None:
    now = [0.0]
    took = iter([5.0, 3.0, 2.0, 4.0])

    def work() -> None:
        now[0] += next(took)

    assert timed(work, lambda: now[0], 8.0) == 3.0
