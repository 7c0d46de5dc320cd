"""What can be done with a trained run, from Python."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitreous.api.answering import Image, feature_options, features_of, many, named, one
from vitreous.api.opened import OpenedRun
from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.predict import AnyAnswers

if TYPE_CHECKING:
    from vitreous.extraction import Features
    from vitreous.fit.against import Against
    from vitreous.fit.decide import Decision
    from vitreous.fit.features import Pool
    from vitreous.fit.must_pass import MustPass
    from vitreous.fit.slices import Slices
    from vitreous.fit.stress import Stress
    from vitreous.inside import Inside
    from vitreous.inside.filters import Filters
    from vitreous.inside.landscape import Landscape
    from vitreous.inside.strongest import Strongest
    from vitreous.labelling.further import Next
    from vitreous.retrieval import Found, Index
    from vitreous.retrieval.regions import Box
    from vitreous.runs.contents import Contents
    from vitreous.tasks.task import Evaluation
    from vitreous.training.coach import Finding
    from vitreous.trust.suspects import Suspects
    from vitreous.trust.unknown.doubts import Doubts
    from vitreous.trust.unknown.promises import Measured
    from vitreous.trust.unknown.telling import Drift


class Run(OpenedRun):
    """A trained model and its folder. `labels` in the order of the outputs; `metrics` as they stood at the end of training."""

    def predict(self, image: Image, *, sets: float | None = None, per_class: bool = False, unknown: float | None = None) -> AnyAnswers:
        """The answer for one file: `Answers`, or `SeveralAnswers` of a run with several labels. Raises UnreadableImage.

        `sets`: with the set of classes that holds the true one in this share of all pictures, or of those of each class (`per_class`);
        `unknown`: whether it is none of these classes, with so many false alarms among ordinary pictures. Raises as `doubts` does.
        """
        return one(self.network, image, self.doubts(sets, per_class, unknown))

    def predict_many(
        self, images: Image | Iterable[Image], *, sets: float | None = None, per_class: bool = False, unknown: float | None = None
    ) -> list[AnyAnswers | Failure]:
        """The answers for several files, or for all pictures of a folder; a file that cannot be read is a Failure in its place."""
        return many(self.network, images, self.doubts(sets, per_class, unknown))

    def doubts(
        self, sets: float | None = None, per_class: bool = False, unknown: float | None = None, *, reporter: Reporter | None = None
    ) -> "Doubts | None":
        """What `predict` is asked to say beside its answer; None where it is nothing.

        Raises UsageError, DataError where too few pictures can promise it or the pictures of the run are gone, RunError where it kept no answers.
        """
        from vitreous.api.unknown import doubts

        made, self._run = doubts(self._run, lambda: self.network, sets, per_class, unknown, reporter or Quiet())
        return made

    def sets(self, coverage: float = 0.95, *, per_class: bool = False, evaluation: "Evaluation | None" = None) -> "Measured":
        """What became of such a promise on the test pictures, or on those of another `evaluation`. Raises as `doubts` does."""
        from vitreous.api.unknown import measured_sets

        return measured_sets(self._run, coverage, per_class, evaluation)

    def drift(self, data: Image, *, rate: float = 0.05, seed: int = 0, reporter: Reporter | None = None) -> "Drift":
        """Whether the pictures of a folder or table differ from those that were trained on, and in what, with false alarms in at most the share
        `rate` of such questions. Raises DataError, UsageError, RunError."""
        from vitreous.trust.unknown.drift import drift_of

        return drift_of(self._run, self.network, Path(data), rate, seed, reporter or Quiet())

    def evaluate(self, data: Image | None = None, *, engine: str = "auto", reporter: Reporter | None = None) -> "Evaluation":
        """Metrics with 95 % intervals on the run's own test pictures, or on a labelled folder or CSV.

        Raises RunError where files of the run are damaged, DataError where there is nothing to evaluate on.
        """
        from vitreous.fit.evaluation import evaluate_folder, evaluate_test_part
        from vitreous.runs.folder import verify

        verify(self._run)
        quiet = reporter or Quiet()
        if data is None:
            return evaluate_test_part(self._run, self.network, engine, quiet)
        return evaluate_folder(self._run, self.network, Path(data), engine, quiet)

    def decide(
        self,
        label: str | None = None,
        *,
        max_miss: float | None = None,
        max_false_alarms: float | None = None,
        costs: Image | None = None,
        max_error: float | None = None,
        prevalence: float | None = None,
    ) -> "Decision":
        """Choose and store the operating point: the threshold on the probability of `label` that keeps at most this share of misses or of false
        alarms, or that costs least by a table, or the confidence under which the answer is "I don't know" (`max_error`).

        Raises UsageError for what cannot be meant, RunError where the run holds too little to choose on.
        """
        from vitreous.fit.decide import Wish, decide

        wish = Wish(label, max_miss, max_false_alarms, Path(costs) if costs else None, max_error, prevalence)
        decision, self._run = decide(self._run, wish, documents)
        self._network = None
        return decision

    def stress(self, data: Image | None = None, *, engine: str = "auto", reporter: Reporter | None = None) -> "Stress":
        """Accuracy under blur, noise, JPEG, brightness, contrast, rotation and scale, each at five strengths."""
        from vitreous.fit.stress import stress

        return stress(self._run, self.network, Path(data) if data else None, engine, reporter or Quiet())

    def slices(self, data: Image | None = None, *, column: str | None = None, engine: str = "auto", reporter: Reporter | None = None) -> "Slices":
        """Parts of the test pictures (by size, brightness, source folder, a CSV column) on which the model is significantly worse."""
        from vitreous.fit.slices import slices

        return slices(self._run, self.network, Path(data) if data else None, column, engine, reporter or Quiet())

    def features(
        self,
        data: Image | None = None,
        *,
        stage: str | None = None,
        pool: "Pool" = "mean",
        engine: str = "openvino-f32",
        max_pixels: int | None = None,
        tolerate_truncated: bool = False,
        reporter: Reporter | None = None,
    ) -> "Features":
        """What the run's network makes of all pictures of a folder or table, float32 [N, D]; of those of its own where none is named. See
        `vt.features`."""
        options = feature_options(stage, pool, engine, max_pixels, tolerate_truncated)
        return features_of(self.network, self.data if data is None else data, options, reporter or Quiet())

    def index(
        self,
        data: Image | None = None,
        *,
        path: Image | None = None,
        stage: str | None = None,
        pool: "Pool" = "mean",
        engine: str = "openvino-f32",
        max_pixels: int | None = None,
        tolerate_truncated: bool = False,
        reporter: Reporter | None = None,
    ) -> "Index":
        """The index of a folder or table by the run's network, of its own pictures where none is named. See `vt.index`."""
        from vitreous.api.finding import index_by

        options = feature_options(stage, pool, engine, max_pixels, tolerate_truncated)
        return index_by(self.network, self.data if data is None else data, path, options, reporter or Quiet())

    def find(
        self,
        query: Image | Iterable[Image],
        data: Image | None = None,
        *,
        n: int | None = None,
        unlike: Image | Iterable[Image] = (),
        box: "Box | None" = None,
        by: str = "auto",
        exact: bool = False,
        path: Image | None = None,
        stage: str | None = None,
        pool: "Pool" = "mean",
        engine: str = "openvino-f32",
        max_pixels: int | None = None,
        tolerate_truncated: bool = False,
        reporter: Reporter | None = None,
    ) -> "Found":
        """The most similar pictures of a folder, of the run's own where none is named, by the run's network. See `vt.find`."""
        from vitreous.api.finding import Question, find_by

        question = Question(named(query), named(unlike), box, n, by, exact)
        options = feature_options(stage, pool, engine, max_pixels, tolerate_truncated)
        return find_by(lambda: self.network, self.data if data is None else data, question, path, options, reporter or Quiet())

    def next(self, folder: Image, n: int = 50, *, engine: str = "auto", reporter: Reporter | None = None) -> "Next":
        """The `n` pictures of a folder from which the run would learn most, in the order in which they should be labelled. Raises DataError."""
        from vitreous.api.label import next_to_label

        return next_to_label(self.folder, folder, n, engine=engine, reporter=reporter)

    def suspects(self, *, seed: int = 0, reporter: Reporter | None = None) -> "Suspects":
        """Labels of the run's data, as they are now, that are probably wrong. See `vt.suspects`."""
        from vitreous.api.suspects import suspects_of_run

        return suspects_of_run(self._run, seed, reporter or Quiet())

    def filters(self, stage: str | None = None, *, first: int = 0) -> "Filters":
        """What a layer has learned, as pictures, beside the same layer before training and, where `keep_path` has kept them, behind some epochs; of
        the first layer where no stage is named."""
        from vitreous.inside.filters import filters
        from vitreous.inside.filters.moments import epochs_of, moments_of

        earlier = [*moments_of(self._run, self.network), *epochs_of(self._run, self.network)]
        return filters(self.network, stage, first, earlier=earlier)

    def report(self) -> Path:
        """Write report.html and MODEL_CARD.md of the run again, by this version, and return the report's path."""
        from vitreous.runs.amending import amend
        from vitreous.runs.contents import contents_of

        self._run = amend(self._run, documents(contents_of(self._run)), self._run.facts)
        return self._run.file("report.html")

    def report_inside(self, *, reporter: Reporter | None = None) -> Path:
        """The same with chapters on the inside of the network: filters, feature maps, strongest activations, why for right and wrong
        test pictures, and the landscape of the loss.

        They are kept in the run, and every later report shows them. What a chapter lacks (pictures that have gone) is said in it."""
        from vitreous.fit.evaluation import policy_of
        from vitreous.report.inside import make_inside
        from vitreous.runs.amending import amend
        from vitreous.runs.contents import INSIDE, contents_of

        contents = contents_of(self._run)
        made = make_inside(self._run, contents, self.network, policy_of(self._run), reporter or Quiet()).to_bytes()
        self._run = amend(self._run, {INSIDE: made, **documents(replace(contents, inside=made))}, self._run.facts)
        return self._run.file("report.html")

    def coach(self) -> "list[Finding]":
        """What was found before the first step of a training and what its curves say, causes first; empty where nothing is wrong, or where
        nothing was trained by epochs."""
        from vitreous.runs.contents import HISTORY, STEPS
        from vitreous.training.coach import Context, Finding, in_order, read

        history, steps = (
            [json.loads(line) for line in self._run.read(name).splitlines()] if name in self._run.document.files else [] for name in (HISTORY, STEPS)
        )
        classifier = self._run.facts.get("classifier") or {}
        if classifier.get("phases"):
            return []  # a tuning is judged by its held-out pictures, phase by phase
        recipe, before = classifier.get("recipe"), [Finding.from_json(each) for each in classifier.get("coach_before") or []]
        context = Context.of(recipe) if recipe and "loss" in recipe else Context.plain(len(self.labels))
        return in_order([*before, *read(history, steps, context)])

    def tensorboard(self) -> Path:
        """Write the recorded epochs and steps for TensorBoard into the run's folder `tensorboard`, and return it. Raises RunError where there
        are none."""
        from vitreous.runs.contents import events_of

        return events_of(self._run)

    def forget_decision(self) -> None:
        """From now on the most probable class is the answer again."""
        from vitreous.fit.decide import forget

        self._run = forget(self._run, documents)
        self._network = None

    def against(self, other: Image, data: Image | None = None, *, engine: str = "auto", reporter: Reporter | None = None) -> "Against":
        """This run less another run or model.onnx, on the same pictures: paired differences with intervals. Raises DataError, RunError."""
        from vitreous.fit.against import against

        evaluation = self.evaluate(data, engine=engine, reporter=reporter)
        return against(self._run, self.network, evaluation, Path(other), Path(data) if data else None, engine, reporter or Quiet())

    def must_pass(self, cases: Image, *, engine: str = "auto", reporter: Reporter | None = None) -> "MustPass":
        """Whether each picture of a table (image, label, min_confidence, note) is answered right. Raises DataError."""
        from vitreous.fit.evaluation import policy_of
        from vitreous.fit.must_pass import must_pass, read_cases

        return must_pass(self.network, read_cases(Path(cases)), policy_of(self._run), engine, reporter or Quiet())

    def see(self, image: Image) -> "Inside":
        """The network opened on one picture: stages, feature maps, the arithmetic of every number. Raises UnreadableImage, ModelError."""
        from vitreous.inside import inside

        return inside(self.network, image)

    def strongest(
        self,
        stage: str | None = None,
        data: Image | None = None,
        channels: Sequence[int] | None = None,
        *,
        depth: int = 1,
        reporter: Reporter | None = None,
    ) -> "Strongest":
        """For each channel of a stage (of every stage, where none is named) the nine pictures that excite it most, and dead and saturated
        channels: over the pictures that the run learned from, or over a folder or table. `channels` are those that are shown.

        Raises DataError where there are no pictures, UsageError with the nearest names for a stage or channel that there is not.
        """
        from vitreous.fit.evaluation import policy_of
        from vitreous.inside.strongest import pictures_of, strongest, training_pictures

        pictures = training_pictures(self._run) if data is None else pictures_of(Path(data))
        return strongest(self.network, pictures, policy_of(self._run), stage, depth, channels, reporter or Quiet())

    def landscape(
        self, plane: str = "random", *, points: int | None = None, span: float | None = None, pictures: int | None = None, seed: int = 0,
        reporter: Reporter | None = None,
    ) -> "Landscape":  # fmt: skip
        """The loss around the trained weights on a plane through them: `random`, or that of the `path` of the training.

        Raises DataError, ModelError, RunError, UsageError."""
        from vitreous.inside.landscape import landscape_of

        return landscape_of(self._run, self.network, plane, points, span, pictures, seed, reporter or Quiet())

    def __repr__(self) -> str:
        names = ", ".join(visible(label) for label in self.labels[:6]) + (" …" if len(self.labels) > 6 else "")
        remark = f"\n  {self._run.remark}" if self._run.remark else ""
        head = f"Run {visible(str(self.folder))}: {len(self.labels)} classes ({names})"
        return f"{head}\n  {_first_figure(self.metrics)} on {self.metrics['what']}{remark}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(each['label']))}</td><td>{each['num_images']}</td>"
            f"<td>{_or_dash(each['precision'])}</td>"
            f"<td>{_or_dash(each['recall'])}</td></tr>"
            for each in self.metrics["classes"]
        )
        head = "<tr><th>class</th><th>pictures</th><th>precision</th><th>recall</th></tr>"
        return (
            f"<p><b>{escape(visible(self.folder.name))}</b>: {_first_figure(self.metrics)} on {escape(self.metrics['what'])}</p>"
            f"<table>{head}{rows}</table>"
        )


def documents(contents: "Contents") -> dict[str, bytes]:
    """The files for people that are made from a run's contents, by name: report.html and MODEL_CARD.md."""
    from vitreous.report import documents as made

    return made(contents)


def _first_figure(metrics: dict[str, Any]) -> str:
    from vitreous.tasks.task import first_figure

    name, value, interval = first_figure(metrics)
    return f"{name} {_or_dash(value)}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _or_dash(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
