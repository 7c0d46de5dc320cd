"""Copies, contradictions and leaks, against a search over all pairs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vitreous.survey.relations import contradictions, leaks, lists_of_copies
from vitreous.survey.table import Table

PARTS = ("train", "validation", "test")
Row = tuple[int, bool, int, str]

# what a picture shows, whether its file is the common copy, its label, its part
rows = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 2), st.sampled_from(PARTS)), max_size=14)


def table(made: list[Row], groups: list[str] | None = None) -> Table:
    count = len(made)
    keys = [bytes([shows]) * 16 if common else bytes([shows, 100 + number]) * 8 for number, (shows, common, _, _) in enumerate(made)]
    columns = {"path": [str(number) for number in range(count)], "label": [f"l{label}" for _, _, label, _ in made], "split": [row[3] for row in made]}
    columns["group"] = groups or [""] * count
    arrays = {name: np.array(values, object) for name, values in columns.items()}
    return Table(arrays, keys, np.array([row[0] for row in made], np.intp))


@given(rows)
@settings(max_examples=200, deadline=None)
def test_every_pair_of_copies_is_in_one_list(made: list[Row]) -> None:
    given_table = table(made)
    exact, near = lists_of_copies(given_table)
    for one in range(len(made)):
        for other in range(one + 1, len(made)):
            same_file, same_picture = given_table.keys[one] == given_table.keys[other], made[one][0] == made[other][0]
            assert any({str(one), str(other)} <= set(group) for group in exact) == same_file
            if same_picture and not same_file:
                assert any({str(one), str(other)} <= set(group) for group in near)


@given(rows)
@settings(max_examples=200, deadline=None)
def test_a_picture_leaks_if_and_only_if_a_copy_is_in_an_earlier_part(made: list[Row]) -> None:
    given_table = table(made)
    found = {int(leak.image): leak for leak in leaks(given_table)}
    for number, (shows, _, _, part) in enumerate(made):
        earlier = [i for i, row in enumerate(made) if row[0] == shows and PARTS.index(row[3]) < PARTS.index(part)]
        assert (number in found) == bool(earlier)
        if earlier:
            leak = found[number]
            assert int(leak.other) in earlier and (leak.split, leak.other_split) == (part, made[int(leak.other)][3])
            exact = any(given_table.keys[i] == given_table.keys[number] for i in earlier)
            assert leak.how == ("exact" if exact else "near")


@given(rows)
@settings(max_examples=200, deadline=None)
def test_copies_with_different_labels_contradict_each_other(made: list[Row]) -> None:
    found = {image for group in contradictions(table(made)) for image, _ in group}
    for number, (shows, _, _, _) in enumerate(made):
        others = {label for other, _, label, _ in made if other == shows}
        assert (str(number) in found) == (len(others) > 1)


def test_pictures_of_one_group_leak_where_they_are_no_copies() -> None:
    made: list[Row] = [(0, False, 0, "train"), (1, False, 0, "test"), (2, False, 0, "test"), (3, False, 0, "test")]
    found = leaks(table(made, ["p1", "p1", "", ""]))
    assert [(leak.image, leak.other, leak.how) for leak in found] == [("1", "0", "group")]
