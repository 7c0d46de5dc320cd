"""What steps come to, against a plain replay, and whatever is taken back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from vitreous.labelling.book import Book

NAMES, KEYS = ["a", "b", "c"], [f"{number:02x}" for number in range(5)]


def step(number: int, do: str, **about: Any) -> dict[str, Any]:
    return {"step": number, "do": do, "by": about.pop("by", "me"), **about}


def test_the_last_label_wins_and_the_order_of_labels_is_theirs() -> None:
    book = Book([step(1, "label", pictures=["00", "01"], label="a"), step(2, "label", pictures=["01"], label="b", by="you")])
    assert book.of == {"00": "a", "01": "b"} and book.labels == ["a", "b"]


def test_a_merge_puts_pictures_together_and_is_taken_back_whole() -> None:
    book = Book([step(1, "label", pictures=["00"], label="a"), step(2, "label", pictures=["01"], label="b")])
    book.add(step(3, "rename", label="a", to="b"))
    assert book.of == {"00": "b", "01": "b"} and book.labels == ["b"]
    book.add(step(4, "undo", of=3))
    assert book.of == {"00": "a", "01": "b"} and book.labels == ["a", "b"]
    book.add(step(5, "redo", of=3))
    assert book.labels == ["b"]


def test_a_step_of_somebody_who_saw_the_old_name_gets_the_new_one() -> None:
    book = Book([step(1, "add", label="a"), step(2, "rename", label="a", to="b"), step(3, "rename", label="b", to="c")])
    assert book.name_now("a", 1) == "c" and book.name_now("b", 2) == "c" and book.name_now("a", 2) == "a"


def test_each_window_takes_back_its_own_steps() -> None:
    book = Book([step(1, "label", pictures=["00"], label="a", by="x"), step(2, "label", pictures=["01"], label="b", by="y")])
    for who, number in (("x", 1), ("y", 2), ("new", 2)):
        found = book.to_undo(who)
        assert found is not None and found["step"] == number
    book.add(step(3, "undo", of=1, by="x"))
    assert book.to_undo("x") is None and book.of == {"01": "b"}
    found = book.to_redo("x")
    assert found is not None and found["step"] == 1 and book.to_redo("y") is None


def test_rejected_pictures_stay_open_and_are_not_that() -> None:
    book = Book([step(1, "label", pictures=["00"], rejected=["01"], label="a"), step(2, "not", pictures=["00"], label="a")])
    assert book.of == {} and book.excluded == {"00": {"a"}, "01": {"a"}}


def steps_of(draw: Any) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number in range(1, draw(some.integers(0, 12)) + 1):
        do = draw(some.sampled_from(["label", "not", "aside", "open", "add", "remove", "rename", "undo"]))
        if do == "undo":
            before = [each["step"] for each in made if each["do"] != "undo"]
            if before:
                made.append(step(number, "undo", of=draw(some.sampled_from(before))))
            continue
        pictures = draw(some.lists(some.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
        made.append(step(number, do, pictures=pictures, label=draw(some.sampled_from(NAMES)), to=draw(some.sampled_from(NAMES))))
    return made


@given(some.data())
def test_step_by_step_and_all_at_once_come_to_the_same(data: Any) -> None:
    steps = steps_of(data.draw)
    one_by_one = Book()
    for each in steps:
        one_by_one.add(each)
    undone = {each["of"] for each in steps if each["do"] == "undo"}
    for book in (Book(steps), Book([each for each in steps if each["step"] not in undone and each["do"] != "undo"])):
        assert (book.of, book.labels, book.aside, book.excluded) == (one_by_one.of, one_by_one.labels, one_by_one.aside, one_by_one.excluded)
    assert set(one_by_one.of.values()) <= set(one_by_one.labels) and not one_by_one.aside & one_by_one.of.keys()
