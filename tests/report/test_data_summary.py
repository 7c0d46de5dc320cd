"""What a run's table of pictures says of their sizes."""

from vitreous.core.item import Split
from vitreous.report.data_summary import _sizes
from vitreous.runs.tables import ItemRow


def said(*sizes: tuple[int, int]) -> str:
    return str(_sizes([ItemRow(f"{n}.png", f"{n:032x}", *size, "a", Split.TRAIN) for n, size in enumerate(sizes)], None))


def test_pictures_of_one_short_side_are_told_apart_by_their_long_one() -> None:
    assert said((400, 533), (888, 400), (400, 400)) == "The median picture has 400 × 533 pixels, the smallest 400 × 400, the largest 888 × 400."


def test_every_picture_has_a_size_only_where_all_have() -> None:
    assert said((40, 30), (40, 30)) == "Every picture has 40 × 30 pixels."
    assert said((40, 30), (30, 40), (40, 30)).startswith("The median picture has")
