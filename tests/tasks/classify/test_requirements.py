"""Requirements: what can be written, what is said of what cannot, and when one is proven."""

import json
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from vitreous.errors import UsageError
from vitreous.metrics.classification import Scores, evaluate
from vitreous.tasks.classify.evaluate import Evaluation
from vitreous.tasks.classify.requirements import OF_A_CLASS, OF_ALL, Outcome, judged, outcome_lines, parsed

LABELS = ["dent", "ok", "scratch"]


def scores(labels: list[str], per_class: int, wrong: int) -> Scores:
    """Of each class all are right but `wrong` of the first, which are taken for the last."""
    target = np.repeat(np.arange(len(labels)), per_class)
    answer = target.copy()
    answer[:wrong] = len(labels) - 1
    probability = np.full((len(target), len(labels)), 0.2 / (len(labels) - 1), np.float32)
    probability[np.arange(len(target)), answer] = 0.8
    return evaluate(probability, target, labels)


def evaluation(labels: list[str] = LABELS, per_class: int = 40, wrong: int = 4) -> Evaluation:
    return Evaluation("test pictures", scores(labels, per_class, wrong), [], [], {})


def outcome(text: str, per_class: int = 40, wrong: int = 4) -> Outcome:
    return evaluation(per_class=per_class, wrong=wrong).require(text)[0]


@pytest.mark.parametrize(
    ("text", "metric", "label", "sign", "bound"),
    [
        ("accuracy >= 0.9", "accuracy", None, ">=", 0.9),
        ("accuracy>.9", "accuracy", None, ">", 0.9),
        ("  Macro F1 ≥ 90 % ", "macro_f1", None, ">=", 0.9),
        ("balanced-accuracy > 99.9%", "balanced_accuracy", None, ">", 0.999),
        ("log_loss <= 1.5", "log_loss", None, "<=", 1.5),
        ("calibration_error < 5e-2", "calibration_error", None, "<", 0.05),
        ("recall[scratch]>=0.95", "recall", "scratch", ">=", 0.95),
        ("miss_rate[ scratch ] ≤ 2 %", "miss_rate", "scratch", "<=", 0.02),
        ("f1['ok'] >= 0", "f1", "ok", ">=", 0.0),
        ('average_precision["dent"] >= 1', "average_precision", "dent", ">=", 1.0),
    ],
)
def test_a_requirement_reads_as_it_is_written(text: str, metric: str, label: str | None, sign: str, bound: float) -> None:
    found = parsed(text, LABELS)
    assert (found.metric, found.label, found.sign, found.bound) == (metric, label, sign, bound)
    assert found.text == text.strip()


@pytest.mark.parametrize(
    "label",
    [
        "a ] b",
        "[x]",
        "]",
        "x] >= 0.5",
        '"quoted"',
        "'",
        "two words",
        "größer",
        "=1+1",
        "<b>bold</b>",
        "عربي",
        "50 %",
        "\x1b[31m",
        "l" * 300,
        "a >= b",
    ],
)
@pytest.mark.parametrize("form", ["recall[{}] >= 0.5", 'recall["{}"] >= 0.5', "recall[ {} ] >= 0.5"])
def test_a_class_of_any_name_can_be_named(label: str, form: str) -> None:
    assert parsed(form.format(label), [label, "other", "x"]).label == label


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: name == name.strip()))
def test_whatever_a_class_is_called_it_is_found(label: str) -> None:
    assert parsed(f"precision[{label}] > 0.25", [label, "another"]).label == label


def test_names_equal_up_to_case_are_told_apart_and_other_accents_are_not() -> None:
    assert parsed("recall[Ok] > 0", ["OK", "Ok", "ok"]).label == "Ok"
    label = unicodedata.normalize("NFD", "Kratzer größer é")
    assert parsed(f"recall[{unicodedata.normalize('NFC', label)}] > 0", [label, "ok"]).label == label
    assert parsed(r"recall[line\nbreak] > 0", ["line\nbreak", "ok"]).label == "line\nbreak"  # as the terminal shows it


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("recal[scratch] >= 0.9", "there is no metric 'recal'; did you mean 'recall'"),
        ("recall[scratsh] >= 0.9", "the model has no class 'scratsh'; did you mean 'scratch'?"),
        ("recall[Scratch] >= 0.9", "the model has no class 'Scratch'; did you mean 'scratch'?"),
        ("recall >= 0.9", r"recall is a figure of one class; write recall\[CLASS\]; there is: dent, ok, scratch"),
        ("accuracy[ok] >= 0.9", "accuracy is a figure of all classes together"),
        ("top5_accuracy >= 0.9", "with 3 classes the top-5 accuracy is always 1"),
        ("accuracy >= 95", "accuracy is a share, and 95 is more than 1; did you mean 95 %"),
        ("accuracy >= 950 %", "accuracy is a share, and 950 % is more than 1"),
        ("log_loss <= 5 %", "the log loss is no share"),
        ("accuracy = 0.9", "= is no sign"),
        ("accuracy 0.9", "there is no sign in it"),
        ("accuracy >= 0,9", "0,9 has a comma; a point is needed"),
        ("accuracy >= nan", "'nan' is no number from 0 on"),
        ("accuracy >= -1", "'-1' is no number from 0 on"),
        ("accuracy >= 0.9 and macro_f1 >= 0.8", "before the sign there is no"),
        ("recall[ok >= 0.5", "before the sign there is no"),
        (">= 0.9", "no metric is named; there is: accuracy, average_precision"),
        ("", "it is empty; write METRIC"),
        ("accuracy >= ", "'' is no number"),
        ("\x1b[31m >= 0.9", r"x1b\[31m >= 0.9': before the sign there is no"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error_that_says_why(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluation().require(text)


@given(st.text(max_size=40))
def test_no_text_is_more_than_a_usage_error_of_one_line(text: str) -> None:
    said = ""
    try:
        parsed(text, LABELS)
    except UsageError as error:
        said = str(error)
    assert said.isprintable()


def test_a_requirement_is_met_when_the_whole_interval_fulfils_it() -> None:
    found = outcome("recall[scratch] >= 0.9")  # 40 of 40: Wilson from 40 / (40 + 1.96²) = 0.912
    assert found.verdict == "met" and found.passed and found.count == 40
    assert found.interval is not None and found.interval[0] == pytest.approx(40 / (40 + 1.959963984540054**2))


def test_a_figure_that_is_good_enough_from_too_few_pictures_is_not_proven() -> None:
    found = outcome("recall[scratch] >= 0.95")
    assert found.verdict == "not proven" and not found.passed and found.value == 1
    assert found.needed == 73 == int(np.ceil(0.95 * 1.959963984540054**2 / 0.05))  # n / (n + z²) = 0.95
    assert found.reason == "1.000 [0.912, 1.000] on 40 pictures of it; about 73 would be needed at this rate"


def test_a_figure_that_fails_is_not_met() -> None:
    found = outcome("recall[dent] >= 0.95")
    assert found.verdict == "not met" and found.value == pytest.approx(0.9) and found.needed is None


def test_each_sign_means_what_it_says() -> None:
    assert [outcome(f"recall[dent] {sign} 0.9").verdict for sign in (">=", ">", "<=", "<")] == ["not proven", "not met", "not proven", "not met"]
    assert "no number of pictures proves it" in outcome("recall[dent] >= 0.9").reason
    assert outcome("accuracy >= 0").verdict == "met" == outcome("accuracy <= 1").verdict
    assert outcome("accuracy >= 1", wrong=0).verdict == "not proven" and outcome("accuracy >= 1", wrong=0).needed is None


def test_the_miss_rate_is_what_the_recall_leaves() -> None:
    for wrong in (1, 2, 4, 7, 13):
        share = wrong / 40
        assert evaluation(wrong=wrong).require_by_point(f"miss_rate[dent] <= {share}")[0].passed, "1 − recall is not exact in binary numbers"
    found = outcome("miss_rate[dent] <= 0.3")
    recall = evaluation().scores.per_class[0].recall_interval
    assert found.verdict == "met" and recall is not None and found.interval == pytest.approx((1 - recall[1], 1 - recall[0]), abs=1e-11)


def test_the_point_alone_counts_where_it_is_asked_for_and_that_is_said() -> None:
    found = evaluation().require_by_point("recall[scratch] >= 0.95", "recall[dent] >= 0.95", "recall[dent] >= 0.9")
    assert [each.verdict for each in found] == ["met", "not met", "met"] and {each.by for each in found} == {"point"}
    assert outcome_lines(found)[0] == "Requirements (held against the point alone, whatever its interval)"


def test_precision_counts_the_answers_not_the_pictures_of_the_class() -> None:
    found = outcome("precision[scratch] >= 0.5")
    assert found.count == 44 and found.value == pytest.approx(40 / 44) and "44 pictures said to be it" in found.reason


def test_without_a_picture_of_a_class_nothing_is_proven() -> None:
    target = np.repeat([0, 1], 10)
    probability = np.eye(3, dtype=np.float32)[target]
    there = Evaluation("pictures", evaluate(probability, target, LABELS), [], [], {})
    for text in ("recall[scratch] >= 0.5", "miss_rate[scratch] <= 0.5", "precision[scratch] >= 0.5", "f1[scratch] > 0"):
        for found in (*there.require(text), *there.require_by_point(text)):
            assert found.verdict == "not proven" and found.value is None and found.interval is None
            json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(("right", "of", "bound"), [(39, 40, 0.95), (9, 10, 0.85), (19, 20, 0.9), (97, 100, 0.96)])
def test_so_many_pictures_at_this_rate_do_prove_it(right: int, of: int, bound: float) -> None:
    times = next(m for m in range(1, 1000) if binomtest(right * m, of * m).proportion_ci(method="wilson").low >= bound)
    found = outcome(f"recall[dent] >= {bound}", per_class=of, wrong=of - right)
    assert found.needed is not None
    # the count is rounded up to two digits, and scipy is asked in steps of `of`
    assert of * (times - 1) < found.needed <= of * times * 1.1 + 1


def test_more_copies_of_a_picture_are_not_more_pictures() -> None:
    labels, target = ["a", "b"], np.repeat([0, 1], 40)
    probability = np.where(np.eye(2, dtype=bool)[target], np.float32(0.9), np.float32(0.1))
    alone = Evaluation("", evaluate(probability, target, labels), [], [], {}).require("recall[a] >= 0.95")[0]
    grouped = Evaluation("", evaluate(probability, target, labels, np.arange(80) // 4), [], [], {}).require("recall[a] >= 0.95")[0]
    assert alone.needed is not None and grouped.needed is not None
    assert grouped.needed == pytest.approx(4 * alone.needed, rel=0.1)  # two digits are kept


def test_a_model_that_just_fails_is_passed_in_one_set_of_forty_at_most() -> None:
    rng, base, requirement = np.random.default_rng(2), scores(LABELS, 40, 4), parsed("accuracy >= 0.9", LABELS)
    passed, sets = 0, 4000
    for right, times in zip(*np.unique(rng.binomial(341, 0.9, sets), return_counts=True), strict=True):
        low, high = binomtest(right, 341).proportion_ci(method="wilson")
        passed += times * judged(requirement, replace(base, num_images=341, accuracy=right / 341, accuracy_interval=(low, high))).passed
    assert passed / sets <= 0.025 + 4 * np.sqrt(0.025 / sets) + 0.005  # Wilson's interval is of nearly, not exactly, 95 %


def test_every_metric_is_judged_on_every_sign() -> None:
    many = evaluation([f"c{k}" for k in range(7)])
    for metric in OF_ALL + OF_A_CLASS:
        for sign in (">=", ">", "<=", "<"):
            (found,) = many.require(f"{metric}{'[c0]' if metric in OF_A_CLASS else ''} {sign} 0.5")
            assert found.value is not None and found.interval is not None and found.interval[0] <= found.value <= found.interval[1]
            assert found.passed == all(found.requirement.fulfilled_by(end) for end in found.interval)
            assert found.needed is None or found.needed >= found.count


def test_lines_stand_in_columns_and_show_no_control_codes() -> None:
    labels = ["\x1b[31mred", "ok", "x"]
    found = Evaluation("", scores(labels, 40, 4), [], [], {}).require("accuracy >= 0.5", "recall[\x1b[31mred] >= 0.99")
    lines = outcome_lines(found)
    assert lines[0].startswith("Requirements") and "\x1b" not in "".join(lines) and r"\x1b[31mred" in lines[2]
    assert lines[1].startswith("  met         accuracy >= 0.5 ") and lines[2].startswith("  not met     recall[")
    assert "\x1b" not in str(found[1])
