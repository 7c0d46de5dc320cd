"""Sets of labels as text and back."""

from hypothesis import given
from hypothesis import strategies as st

from vitreous.core.presence import Presence

NAMES = st.lists(st.text(min_size=1, max_size=8) | st.sampled_from([";", "?", "\\", "a;b", "?a", "\\;", "\n"]), max_size=4)


@given(NAMES, NAMES)
def test_every_set_of_names_comes_back_from_its_text(present: list[str], unknown: list[str]) -> None:
    told = Presence.of(present, unknown)
    assert Presence.read(str(told)) == told


@given(NAMES)
def test_the_order_and_the_number_of_times_a_name_is_given_do_not_matter(names: list[str]) -> None:
    assert Presence.of(names) == Presence.of([*reversed(names), *names])


def test_what_is_present_is_not_unknown() -> None:
    assert str(Presence.of(["ace"], ["ace", "king"])) == "ace;?king"
