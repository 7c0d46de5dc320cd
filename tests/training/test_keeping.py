"""When states are stored, on a clock of our own; and how requests to stop are heard."""

import os
import signal
import sys

import pytest

from vitreous.training.interrupts import put_off
from vitreous.training.keeping import Clock


class Hands:
    """A clock that is set by hand; a state takes `cost` seconds to store."""

    def __init__(self, cost: float) -> None:
        self.time, self.cost, self.stored = 1000.0, cost, []

    def store(self) -> None:
        self.time += self.cost
        self.stored.append(self.time)


@pytest.mark.parametrize(("cost", "longest"), [(0.01, 60.0), (0.5, 60.0), (1.0, 60.0), (10.0, 600.0)])
def test_storing_takes_a_fiftieth_of_the_time_and_a_kill_costs_a_minute_where_that_is_enough(cost: float, longest: float) -> None:
    hands = Hands(cost)
    clock = Clock(lambda: hands.time)
    while hands.time < 1000 + 3 * 3600:
        hands.time += 0.1
        if clock.due():
            clock.save(hands.store)
    gaps = [after - before for before, after in zip(hands.stored, hands.stored[1:], strict=False)]
    assert max(gaps) <= longest and len(hands.stored) > 15
    assert clock.share <= 0.02 * 1.02


def test_the_first_state_comes_within_seconds() -> None:
    hands = Hands(0.01)
    clock = Clock(lambda: hands.time)
    assert not clock.due()
    hands.time += 6
    assert clock.due()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_first_request_to_stop_waits_and_the_second_is_obeyed_at_once() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with put_off() as asked:
            os.kill(os.getpid(), signal.SIGINT)
            assert asked
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                asked.heed()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with put_off() as asked:
            os.kill(os.getpid(), signal.SIGINT)
            assert not asked
    finally:
        signal.signal(signal.SIGINT, before)
