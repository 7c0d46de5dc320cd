"""How an evaluation reads: sentences, tables and HTML from hand-made scores."""

import numpy as np
import pytest

from vitreous.core.item import LeftOut
from vitreous.metrics.classification import evaluate
from vitreous.tasks.classify.evaluate import Evaluation


def evaluation(labels: list[str], left_out: int = 0, remarks: list[str] | None = None, per_class: int = 10) -> Evaluation:
    """Of `per_class` pictures of each class all are right but those of the first, of which three are taken for the last."""
    count = len(labels)
    target = np.repeat(np.arange(count), per_class)
    probability = np.full((len(target), count), 0.2 / (count - 1), np.float32)
    answer = target.copy()
    answer[:3] = count - 1
    probability[np.arange(len(target)), answer] = 0.8
    scores = evaluate(probability, target, labels)
    missing = [LeftOut(f"{number}.jpg", "zero bytes") for number in range(left_out)]
    return Evaluation(f"{len(target)} test pictures", scores, missing, remarks or [], {labels[1]: {"count": 30, "recall": 0.9}})


def test_the_lines_name_each_figure_with_its_interval() -> None:
    lines = evaluation(["a", "b", "c"]).lines()
    text = "\n".join(lines)
    assert lines[0] == "30 test pictures; 95 % intervals in brackets"
    assert "  accuracy           0.900 [0.744, 0.965]" in lines  # 27 of 30, Wilson
    for name in ("balanced accuracy", "macro F1", "log loss", "calibration error"):
        assert sum(line.startswith(f"  {name} ") for line in lines) == 1
    assert "top-5" not in text and "a is taken for c 3 times" in lines
    assert any("recall out of fold 0.900 (few test pictures)" in line for line in lines)


def test_top_5_is_there_with_more_than_five_classes() -> None:
    assert any(line.startswith("  top-5 accuracy ") for line in evaluation(list("abcdef")).lines())


def test_up_to_twelve_classes_the_whole_confusion_is_shown() -> None:
    assert "true ╲ said" in repr(evaluation(list("abcdefghijkl"))) and "true ╲ said" not in repr(evaluation(list("abcdefghijklm")))


def test_the_confusion_shows_as_much_of_each_label_as_a_line_has_room_for() -> None:
    few, many = (repr(evaluation([f"{first}ong-sleeve" for first in letters])) for letters in ("lmn", "abcdefghijkl"))
    assert " long-sleeve mong-sleeve nong-sleeve\n" in few
    head = next(line for line in many.splitlines() if "true ╲ said" in line)
    assert len(head) <= 80 and " aong bong " in head


def test_a_very_long_label_does_not_widen_the_table() -> None:
    long = "very long name of a class " * 10
    lines = evaluation([long, "b", "c"]).lines()
    assert "very long name of a cla… is taken for c 3 times" in lines and max(map(len, lines)) <= 130


def test_of_many_classes_and_files_the_first_are_shown_and_the_rest_counted() -> None:
    lines = evaluation([f"{number:03}" for number in range(60)], left_out=25, per_class=4).lines()
    assert "  … and 20 more classes (--json has them all)" in lines and "25 files left out:" in lines
    assert "  9.jpg: zero bytes" in lines and "  10.jpg: zero bytes" not in lines and lines[-1] == "  …"


def test_the_summary_is_sentences() -> None:
    first, second = evaluation(["a", "b"], remarks=["one remark"]).summary()
    assert first.startswith("Accuracy 0.850 [0.640, 0.948] on 20 test pictures (95 % interval); balanced accuracy 0.850, calibration error ")
    assert first.endswith(".") and second == "One remark."
    whole = evaluation(["a", "b"], remarks=["A sentence already.", "one remark"])
    assert whole.summary()[1] == "A sentence already." and whole.lines()[-2:] == ["A sentence already.", "One remark."]


def test_labels_become_neither_markup_nor_control_codes() -> None:
    nasty = evaluation(["<b>bold</b>", "\x1b[31mred", "c"], remarks=["x"])
    html, text = nasty._repr_html_(), repr(nasty)
    assert "<b>bold" not in html and "&lt;b&gt;bold&lt;/b&gt;" in html and "\x1b" not in html + text


def test_json_keeps_what_is_shown() -> None:
    value = evaluation(["a", "b", "c"], left_out=1, remarks=["said"]).to_json()
    assert value["what"] == "30 test pictures" and value["left_out"] == [{"image": "0.jpg", "reason": "zero bytes"}] and value["remarks"] == ["said"]
    assert value["accuracy"] == pytest.approx(0.9) and value["out_of_fold"]["b"] == {"count": 30, "recall": 0.9}
    assert value["confusion"] == [[7, 0, 3], [0, 10, 0], [0, 0, 10]]
