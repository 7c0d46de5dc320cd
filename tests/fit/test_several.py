"""A training with several labels from the table to the run, and what the run then does. One label and several differ in the task alone."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from several_labels import LABELS, several_pictures
from small_network import Told, small_network
from trained_run import Said

from vitreous import api
from vitreous.errors import DataError, ModelError, UsageError
from vitreous.fit import methods, training
from vitreous.fit.settings import TrainSettings
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network, load_network
from vitreous.report import compare, documents
from vitreous.runs.contents import contents_of
from vitreous.runs.folder import RunFolder
from vitreous.tasks.multilabel.answers import SeveralAnswers
from vitreous.tasks.predict import answering
from vitreous.tasks.task import thresholds_of

pytest_plugins = ["shared_fixtures"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, Told]:
    folder, told, network = tmp_path_factory.mktemp("several"), Told(), small_network()
    table = several_pictures(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITREOUS_CACHE", str(folder / "cache"))
        patch.setattr(methods, "load_network", lambda: network)
        run = training.train(table, TrainSettings(runs=str(folder / "runs")), told, documents=documents)
    return run, told


@pytest.fixture
def run(trained: tuple[RunFolder, Told], monkeypatch: pytest.MonkeyPatch) -> api.Run:
    monkeypatch.setenv("VITREOUS_CACHE", str(trained[0].path.parents[1] / "cache"))
    return api.Run(trained[0])


def test_the_plan_says_what_is_learned_and_how_it_was_read(trained: tuple[RunFolder, Told]) -> None:
    said = " ".join(trained[1].sentences)
    assert "any number of 2 labels" in said and "a sigmoid for each label" in said and "read as none of the labels" in said
    assert "mAP" in said and "exactly right" in said and "saying no to all" in said


def test_the_run_and_its_model_say_the_task_and_the_thresholds(trained: tuple[RunFolder, Told]) -> None:
    run, _ = trained
    network = load_network(run.path / "model.onnx")
    for facts in (run.facts, network.facts):
        assert facts["task"] == "multilabel" and facts["labels"] == list(LABELS) and len(facts["thresholds"]) == 2
    assert run.facts["thresholds"] == network.facts["thresholds"] and run.facts["classifier"]["thresholds_for"] == "f1"
    assert len(run.facts["classifier"]["calibration"]["scale"]) == 2


def test_colours_are_told_apart_and_the_file_gives_the_answers_that_were_measured(trained: tuple[RunFolder, Told]) -> None:
    run, _ = trained
    assert run.facts["metrics"]["map"] > 0.9 and run.facts["metrics"]["label_accuracy"] > run.facts["metrics"]["all_zero"]
    stored = contents_of(run).predictions
    assert stored.predicted[0] in ("", "blue", "red", "blue;red") and (stored.confidence <= 1).all()
    by_model = [api.Run(run).predict(Path(run.facts["data"]["folder"]) / path) for path in stored.paths[:5]]
    np.testing.assert_allclose([each.probability for each in by_model], stored.probability[:5], atol=1e-4)
    assert [";".join(sorted(each.present)) for each in by_model if isinstance(each, SeveralAnswers)] == stored.predicted[:5]


def test_probabilities_of_several_labels_need_not_add_up_to_one(trained: tuple[RunFolder, Told]) -> None:
    sums = contents_of(trained[0]).predictions.probability.sum(1)
    assert sums.min() < 0.5 and sums.max() > 1.5


def test_every_label_is_in_its_share_in_every_part(trained: tuple[RunFolder, Told]) -> None:
    items = contents_of(trained[0]).items
    for label in LABELS:
        have = {part: sum(label in row.label for row in items if row.split == part) for part in ("train", "validation", "test")}
        total = sum(have.values())
        assert abs(have["test"] - 0.15 * total) <= 2 and abs(have["validation"] - 0.15 * total) <= 2


def test_an_evaluation_finds_the_figures_of_the_training(run: api.Run) -> None:
    again, before = run.evaluate().to_json(), run.metrics
    for name in ("map", "map_interval", "macro_f1", "exactly_right"):
        assert again[name] == pytest.approx(before[name], abs=1e-6)
    assert again["mistakes"] == before["mistakes"]
    lines = "\n".join(run.evaluate().lines())
    assert "saying no to all" in lines and "exactly right" in lines


def test_requirements_on_the_map_and_on_labels_are_judged(run: api.Run) -> None:
    passed, failed = run.evaluate().require_by_point("map >= 0.5", "recall[red] > 100 %")
    assert passed.passed and not failed.passed
    with pytest.raises(UsageError, match="there is no metric 'accuracy'"):
        run.evaluate().require("accuracy >= 0.9")


def test_other_data_are_evaluated_and_unknown_cells_are_left_out(run: api.Run, tmp_path: Path) -> None:
    evaluation = run.evaluate(several_pictures(tmp_path / "new", 40, 7, columns=True))
    known = [each.known for each in evaluation.scores.per_class]
    assert evaluation.scores.num_images == 40 and all(30 < number < 40 for number in known)


@pytest.mark.parametrize("asked", ["decide", "stress", "slices", "must_pass", "against"])
def test_what_is_made_for_one_label_says_so(run: api.Run, tmp_path: Path, asked: str) -> None:
    (tmp_path / "t.csv").write_text("image,label\nx.png,red\n")
    calls: dict[str, Callable[[], object]] = {
        "decide": lambda: run.decide("red", max_miss=0.1),
        "stress": run.stress,
        "slices": run.slices,
        "must_pass": lambda: run.must_pass(tmp_path / "t.csv"),
        "against": lambda: run.against(run.folder),
    }
    with pytest.raises(UsageError, match="for models that give one label"):
        calls[asked]()


def test_a_comparison_and_a_confusion_matrix_are_refused(run: api.Run, trained: tuple[RunFolder, Told]) -> None:
    with pytest.raises(UsageError, match="one label"):
        compare([contents_of(trained[0])] * 2)
    with pytest.raises(UsageError, match="confusion matrix"):
        api.evaluation_picture(run.evaluate())


def test_the_page_and_the_card_tell_what_is_missed_and_what_is_falsely_said(trained: tuple[RunFolder, Told]) -> None:
    page, card = (trained[0].read(name).decode() for name in ("report.html", "MODEL_CARD.md"))
    assert "any number of 2 labels" in page and "falsely said" in page and "Precision over recall" in page and "mAP" in page
    assert "Labels that stand together" in page and "How many pictures have both labels" in page and "most often blue with red" in card
    assert "says of a picture which of 2 labels it has" in card and "said from" in card and "A label is said from a threshold" in card


@pytest.mark.usefixtures("as_shipped")
def test_thresholds_for_a_cost_are_obeyed(tmp_path: Path) -> None:
    table = several_pictures(tmp_path / "data", 60)
    run = api.train(table, runs=str(tmp_path / "runs"), threshold_for="cost=9:1", reporter=Told())
    assert run.network.facts["thresholds"] == [0.1, 0.1]
    assert all(each.threshold == 0.1 for each in run.evaluate().scores.per_class)


@pytest.mark.usefixtures("as_shipped")
def test_unknown_cells_given_splits_and_no_test_part_are_trained_on(tmp_path: Path) -> None:
    table = several_pictures(tmp_path / "data", 40, columns=True, split=["train", "train", "valid"])
    run = api.train(table, runs=str(tmp_path / "runs"), reporter=Told())
    assert "out of fold" in run.metrics["what"] and run.metrics["map"] > 0.7


@pytest.mark.usefixtures("as_shipped")
def test_a_single_label_is_a_yes_or_no(tmp_path: Path) -> None:
    table = several_pictures(tmp_path / "data", 40)
    rows = [row.split(",") for row in table.read_text().splitlines()[1:]]
    table.write_text("image,red\n" + "".join(f"{name},{int('red' in label)}\n" for name, label in rows))
    run = api.train(table, runs=str(tmp_path / "runs"), reporter=(told := Told()))
    assert run.labels == ["red"] and run.metrics["map"] > 0.7 and any("'red', yes or no" in each for each in told.sentences)


@pytest.mark.usefixtures("as_shipped")
def test_what_cannot_be_trained_is_refused(tmp_path: Path) -> None:
    table = several_pictures(tmp_path / "data", 20)
    for options, error, said in (
        ({"net": "lenet", "trainer": "numpy"}, UsageError, "learns one label"),
        ({"task": "detect"}, UsageError, "there is no task"),
        ({"threshold_for": "f2"}, UsageError, "threshold-for"),
        ({"task": "classify", "threshold_for": "f1"}, UsageError, "one label for each picture"),
    ):
        with pytest.raises(error, match=said):
            api.train(table, runs=str(tmp_path / "runs"), reporter=Told(), **options)  # on purpose
    table.write_text("image,labels\n" + "".join(f"pictures/{n:03}.png,red\n" for n in range(9)))
    with pytest.raises(DataError, match="every picture of which it is known has it"):
        api.train(table, runs=str(tmp_path / "runs"), reporter=Told(), task="multilabel")


def test_the_command_line_answers_with_every_label_that_is_said(run: api.Run, vitreous: Callable[..., Said]) -> None:
    stored = contents_of(api.load(run.folder)._run).predictions
    files = [Path(api.load(run.folder)._run.facts["data"]["folder"]) / path for path in stored.paths[:4]]
    text = vitreous("predict", run.folder, *files).out.splitlines()
    for line, said in zip(text, stored.predicted, strict=False):
        assert set(line.split("\t")[1::2]) == set(said.split(";") if said else ["none"])
    told = vitreous("predict", run.folder, *files, "--json").lines()
    assert [";".join(sorted(each["labels"])) for each in told] == stored.predicted[:4]
    assert {"label", "confidence", "threshold", "present"} == set(told[0]["answers"][0])
    table = list(csv.DictReader(io.StringIO(vitreous("predict", run.folder, *files, "broken.png", "--csv").out)))
    assert (
        [row["labels"] for row in table][:4] == stored.predicted[:4]
        and table[4]["error"]
        and set(table[0]) == {"image", "labels", "p:blue", "p:red", "error"}
    )
    assert len(vitreous("predict", run.folder, files[0], "--top", "2").out.split("\t")) == 4


def test_the_script_beside_the_model_gives_the_same(run: api.Run) -> None:
    pytest.importorskip("onnxruntime")
    stored = contents_of(api.load(run.folder)._run).predictions
    files = [str(Path(api.load(run.folder)._run.facts["data"]["folder"]) / path) for path in stored.paths[:4]]
    out = subprocess.run([sys.executable, str(run.folder / "use.py"), *files], capture_output=True, text=True, check=True).stdout
    for line, said in zip(out.splitlines(), stored.predicted, strict=False):
        assert set(line.split("\t")[0::2]) == set(said.split(";") if said else ["none"])


def test_the_output_for_programs_is_what_the_schemas_say(run: api.Run, vitreous: Callable[..., Said]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schemas = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
    evaluated = vitreous("evaluate", run.folder, "--json").lines()[0]
    jsonschema.validate(evaluated, json.loads((schemas / "evaluate_several.json").read_text()))
    folder = Path(api.load(run.folder)._run.facts["data"]["folder"])
    for line in vitreous("predict", run.folder, folder / "pictures/000.png", "--json").lines():
        jsonschema.validate(line, json.loads((schemas / "predict_several.json").read_text()))


def test_thresholds_that_do_not_fit_are_refused(run: api.Run) -> None:
    network = run.network
    for wrong in ([0.5], ["x", 0.5], [float("nan"), 0.5]):
        broken = Network(network.data, network.path, network.facts | {"thresholds": wrong})
        with pytest.raises(ModelError, match="do not fit its labels"):
            thresholds_of(broken.facts)
    assert isinstance(answering(network)("x", np.array([0.9, 0.1], np.float32)), SeveralAnswers)


def test_answers_have_a_text_a_picture_in_a_notebook_and_a_word_for_none() -> None:
    made = SeveralAnswers("x<.jpg", ["none", "<b>"], np.array([0.4, 0.6], np.float32), np.array([0.5, 0.5]))
    assert made.present == ["<b>"] and repr(made) == "x<.jpg: <b> 60.0 %" and "<b><b>" not in made._repr_html_()
    nothing = SeveralAnswers("x", ["none", "a"], np.array([0.1, 0.2], np.float32), np.array([0.5, 0.5]))
    assert nothing.text(None) == "(none)" and nothing.confidence == pytest.approx(0.8) and "none of 2 labels" in repr(nothing)


def test_three_hundred_labels_are_learned_and_many_engines_agree(tmp_path: Path, as_shipped: Network) -> None:
    table = several_pictures(tmp_path / "data", 30)
    names = [f"label {k}" for k in range(300)]
    rng = np.random.default_rng(0)
    rows = [f"pictures/{n:03}.png,{';'.join(name for name in names if rng.random() < 0.3)}" for n in range(30)]
    table.write_text("image,labels\n" + "\n".join(rows) + "\n")
    run = api.train(table, runs=str(tmp_path / "runs"), reporter=Told())
    assert len(run.labels) > 290 and len(run.metrics["classes"]) == len(run.labels)
    pictures = np.zeros((2, run.network.view.size, run.network.view.size, 3), np.uint8)
    answers = run_batch(start_engine(run.network, Setting("openvino", "f32", 1, 1, "")), pictures)["probability"]
    assert answers.shape == (2, len(run.labels)) and np.isfinite(answers).all()
