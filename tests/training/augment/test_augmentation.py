"""The value and its text: every one comes back, what cannot be meant is refused with the nearest name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.errors import UsageError
from vitreous.training.augment import Augmentation, parse

ANY = st.builds(
    Augmentation,
    flip=st.booleans(),
    vertical_flip=st.booleans(),
    crop=st.integers(0, 100),
    zoom=st.floats(1, 4),
    rotation=st.floats(0, 180),
    brightness=st.floats(0, 1),
    contrast=st.floats(0, 1),
    colour=st.floats(0, 1),
    sharpness=st.floats(0, 1),
)


@given(ANY)
def test_text_and_json_come_back_as_the_same_value(value: Augmentation) -> None:
    assert parse(value.text, 32) == value
    assert Augmentation.from_json(value.to_json()) == value


def test_small_pictures_are_shifted_and_photos_are_zoomed_into() -> None:
    assert parse("auto", 32).text == "flip,crop=4,brightness=0.2,contrast=0.2,colour=0.2,sharpness=0.5"
    assert parse("auto", 224).text == "flip,zoom=1.4,brightness=0.2,contrast=0.2,colour=0.2,sharpness=0.5"
    assert parse("none", 32) == Augmentation()


def test_what_changes_a_meaning_often_is_off_unless_it_is_named() -> None:
    for size in (8, 64, 65, 224):
        assert not Augmentation.usual(size).vertical_flip and Augmentation.usual(size).rotation == 0
    assert parse("auto,vertical-flip,rotation", 32).text.startswith("flip,vertical-flip,crop=4,rotation=15.0,")


def test_one_thing_is_switched_off_and_a_name_alone_takes_the_usual_amount() -> None:
    assert parse("auto, no-flip ,no-sharpness", 32) == Augmentation(crop=4, brightness=0.2, contrast=0.2, colour=0.2)
    assert parse("flip,crop", 32) == Augmentation(flip=True, crop=4)
    assert parse("crop,zoom", 224) == Augmentation(crop=28, zoom=1.4)
    assert parse("zoom", 32) == Augmentation(zoom=1.4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("flipp", "unknown augmentation 'flipp': did you mean 'flip'?"),
        ("auto,no-color", "did you mean 'colour'"),
        ("", "unknown augmentation ''"),
        ("xyzzy", "there is: auto, brightness"),
        ("flip=2", "it is on or off"),
        ("no-crop=2", "no-crop alone"),
        ("crop=x", "a whole number of pixels"),
        ("crop=2.5", "a whole number of pixels"),
        ("crop=-1", "a whole number from 0 to 1024"),
        ("zoom=0.5", "a number from 1 to 4"),
        ("brightness=nan", "a number from 0 to 1"),
        ("contrast=2", "a number from 0 to 1"),
        ("flip,auto", "auto first"),
        ("a\nb", "a\\\\nb"),
    ],
)
def test_a_text_that_means_nothing_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text, 32)
    assert words in str(raised.value)


def test_a_value_out_of_range_or_of_another_type_is_refused() -> None:
    for wrong in ({"crop": 1.5}, {"zoom": 9.0}, {"flip": 1}, {"brightness": True}, {"colour": float("nan")}):
        with pytest.raises(UsageError):
            Augmentation(**wrong)  # on purpose
    with pytest.raises(UsageError, match="unknown augmentation 'flop'"):
        Augmentation.from_json({"flop": True})
