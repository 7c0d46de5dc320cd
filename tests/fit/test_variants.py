"""What --sweep asks for: each value as its kind, every combination once, and what cannot be meant in one line."""

import pytest

from vitreous.errors import UsageError
from vitreous.fit.settings import TrainSettings
from vitreous.fit.variants import MOST_VARIANTS, read_sweep


def test_values_are_read_as_what_the_setting_takes() -> None:
    sweep = read_sweep(["rate=1e-3, auto", "batch=8,16", "class-weights=none,balanced", "tolerate_truncated=true,false"], TrainSettings())
    assert sweep.values == {
        "rate": (0.001, "auto"), "batch": (8, 16), "class_weights": ("none", "balanced"), "tolerate_truncated": (True, False),
    }  # fmt: skip


def test_several_settings_make_a_grid_and_each_variant_has_a_name_of_its_own() -> None:
    variants = read_sweep(["rate=0.1,0.2", "optimizer=adam,sgd"], TrainSettings(epochs=3)).variants
    assert [each.values for each in variants] == [{"rate": rate, "optimizer": name} for rate in (0.1, 0.2) for name in ("adam", "sgd")]
    assert [each.name for each in variants][1] == "02-rate-0.1-optimizer-sgd" and len({each.name for each in variants}) == 4
    assert all((each.settings.rate, each.settings.epochs) == (each.values["rate"], 3) for each in variants)


def test_values_with_commas_are_set_apart_by_semicolons() -> None:
    assert read_sweep(["augment=none;flip,crop=4"], TrainSettings()).values == {"augment": ("none", "flip,crop=4")}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["rtae=1,2"], "did you mean 'rate'"),
        (["rate="], "no values"),
        (["rate"], "no values"),
        (["=1,2"], "there is no setting ''"),
        (["rate=,"], "no values"),
        (["rate=0.1,,0.2"], "a value is missing"),
        (["rate=0.1,1e-1"], "1e-1 twice"),
        (["rate=0.1", "rate=0.2"], "twice"),
        (["batch=8,1.5"], "a whole number is needed"),
        (["tolerate_truncated=yes,no"], "true or false is needed"),
        (["minutes=x"], "a number is needed"),
        (["rate=0.1,-1"], "more than 0"),
        (["optimizer=adam,adma"], "did you mean 'adam'"),
        (["runs=a,b"], "it is the same for all variants"),
        (["task=classify,multilabel"], "it is the same for all variants"),
        (["seed=" + ",".join(map(str, range(MOST_VARIANTS + 1)))], "at most"),
    ],
)
def test_what_cannot_be_meant_is_one_line(texts: list[str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        read_sweep(texts, TrainSettings())
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_setting_that_is_swept_is_not_set_besides() -> None:
    with pytest.raises(UsageError, match="--rate is set besides"):
        read_sweep(["rate=0.1,0.2"], TrainSettings(rate=0.5))
