"""What Vitreous does, from Python. Each function joins parts of other packages; the command line calls these and nothing else."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vitreous.core.reporter import Printed, Quiet, Reporter
from vitreous.core.text import visible
from vitreous.data.decode import Decoded
from vitreous.errors import UnreadableImage, UsageError, VitreousError  # noqa: F401 - VitreousError is one of the public names
from vitreous.fit.settings import TrainSettings, policy
from vitreous.infer.engine import Setting
from vitreous.infer.network import Network, load_network
from vitreous.tasks.classify.answers import Answers, Failure
from vitreous.tasks.predict import AnyAnswers
from vitreous.tasks.predict import predict as predict_files

if TYPE_CHECKING:
    from vitreous.fit.against import Against
    from vitreous.fit.decide import Decision
    from vitreous.fit.methods import FromScratch
    from vitreous.fit.must_pass import MustPass
    from vitreous.fit.slices import Slices
    from vitreous.fit.stress import Stress
    from vitreous.fit.sweeping import Outcome
    from vitreous.inside import Inside
    from vitreous.runs.contents import Contents
    from vitreous.runs.folder import RunFolder
    from vitreous.survey import Facts
    from vitreous.tasks.task import Evaluation
    from vitreous.training.augment.shown import Augmentations
    from vitreous.training.coach import Finding

Image = str | os.PathLike[str]


class Run:
    """A trained model and its folder. `labels` in the order of the outputs; `metrics` as they stood at the end of training."""

    def __init__(self, folder: "RunFolder") -> None:
        self._run = folder
        self.folder = folder.path
        self.labels: list[str] = list(folder.facts["labels"])
        self.metrics: dict[str, Any] = dict(folder.facts["metrics"])
        self._network: Network | None = None

    @property
    def data(self) -> Path:
        """The folder of the pictures that it was trained on, where it was then."""
        return Path(str(self._run.facts["data"]["folder"]))

    @property
    def network(self) -> Network:
        """`model.onnx`, verified against its hash when it is first read."""
        if self._network is None:
            self._run.read("model.onnx")
            self._network = load_network(self._run.file("model.onnx"))
        return self._network

    def predict(self, image: Image) -> AnyAnswers:
        """The answer for one file: `Answers`, or `SeveralAnswers` of a run with several labels. Raises UnreadableImage."""
        return _one(self.network, image)

    def predict_many(self, images: Image | Iterable[Image]) -> list[AnyAnswers | Failure]:
        """The answers for several files, or for all pictures of a folder; a file that cannot be read is a Failure in its place."""
        return _many(self.network, images)

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

    def report(self) -> Path:
        """Write report.html and MODEL_CARD.md of the run again, by this version, and return the report's path."""
        from vitreous.runs.amending import amend
        from vitreous.runs.contents import contents_of

        self._run = amend(self._run, documents(contents_of(self._run)), self._run.facts)
        return self._run.file("report.html")

    def coach(self) -> "list[Finding]":
        """What the curves of the training say, causes first; empty where nothing is wrong, or where nothing was trained by epochs."""
        from vitreous.runs.contents import HISTORY, STEPS
        from vitreous.training.coach import Context, read

        history, steps = (
            [json.loads(line) for line in self._run.read(name).splitlines()] if name in self._run.document.files else [] for name in (HISTORY, STEPS)
        )
        recipe = (self._run.facts.get("classifier") or {}).get("recipe")
        return read(history, steps, Context.of(recipe) if recipe and "loss" in recipe else Context.plain(len(self.labels)))

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


def train(
    data: Image,
    *,
    minutes: float | None = None,
    seed: int | None = None,
    name: str | None = None,
    settings: Image | None = None,
    reporter: Reporter | None = None,
    **options: Any,
) -> Run:
    """Train on a folder of pictures or a CSV table and return the run, finished, saved and tested.

    `minutes`: how long it may take; None means as soon as possible. `seed`: 0 where neither it nor the settings file says otherwise.
    `settings`: a TOML file. `options`: the other fields of `vitreous.fit.settings.TrainSettings` (runs, engine, group, image_column,
    label_column, max_pixels, tolerate_truncated, task, threshold_for, net and what belongs to it).
    Raises DataError, UsageError, StorageError.
    """
    from vitreous.fit.training import train as train_folder

    resolved = resolve_settings({"minutes": minutes, "seed": seed, "name": name, **options}, settings)
    return Run(train_folder(Path(data), resolved, reporter or Printed(), _exported(resolved), documents, _from_scratch(resolved)))


def sweep(
    data: Image, values: Sequence[str], *, settings: Image | None = None, reporter: Reporter | None = None, **options: Any
) -> "tuple[Path, list[Outcome]]":
    """Train variants, each a run of its own in one folder, and write sweep.html there; returns the folder and what they gave, the best first.

    `values`: `key=a,b,c` for each setting that changes; several make a grid. `options` as for `train`. The same call goes on where it was cut off.
    Raises DataError, RunError, StorageError, UsageError.
    """
    from vitreous.fit.sweeping import SWEEP_HTML, carry_out
    from vitreous.fit.training import train as train_folder
    from vitreous.fit.variants import read_sweep
    from vitreous.report.sweep_page import sweep_page
    from vitreous.storage.atomic import write_atomically

    tell = reporter or Printed()
    asked = read_sweep(values, resolve_settings(options, settings))
    for variant in asked.variants:
        _from_scratch(variant.settings)  # what cannot be trained is said before the first one begins

    def trained(variant: TrainSettings) -> "RunFolder":
        return train_folder(Path(data), variant, tell, _exported(variant), documents, _from_scratch(variant))

    folder, outcomes = carry_out(asked, Path(data), trained, lambda run: resume(run, reporter=tell)._run, tell.say)
    write_atomically(folder / SWEEP_HTML, sweep_page(folder, outcomes))
    return folder, outcomes


def resume(run: Image, *, reporter: Reporter | None = None) -> Run:
    """Go on with an interrupted training: its last weights are those that it would have had without the interruption, bit for bit.

    Raises RunError where the run is finished, at work elsewhere, damaged, of another version, or its data changed.
    """
    from vitreous.fit.training import train as train_folder
    from vitreous.training.again import to_resume
    from vitreous.training.method import from_scratch

    data, settings, folder = to_resume(Path(run))
    return Run(train_folder(data, settings, reporter or Printed(), None, documents, from_scratch(settings), folder.path))


def repeat(run: Image, *, name: str | None = None, runs: Image | None = None, reporter: Reporter | None = None) -> Run:
    """Train once more as a run was trained, into a new run: the same work and, on the same machine with the same versions, the same bits."""
    from vitreous.fit.training import train as train_folder
    from vitreous.training.again import to_repeat
    from vitreous.training.method import from_scratch

    data, settings, recipe, remarks = to_repeat(Path(run))
    settings = replace(settings, name=name or settings.name, runs=os.fspath(runs or settings.runs))
    tell = reporter or Printed()
    for remark in remarks:
        tell.say(remark)
    return Run(train_folder(data, settings, tell, _exported(settings), documents, from_scratch(settings, recipe)))


def watch(run: Image) -> Iterator[dict[str, Any]]:
    """What is recorded of each epoch of a training that goes on elsewhere, as it comes; ends when the training does. Raises RunError."""
    from vitreous.training.watching import follow

    return follow(Path(run))


def look(
    data: Image,
    *,
    group: str | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    task: str | None = None,
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Facts":
    """What is in a folder of pictures or a CSV table: counts, unreadable files, duplicates, leaks across splits, odd pictures.

    Pictures without labels are looked at too. A training that follows does not decode them again. Raises DataError, UsageError.
    """
    from vitreous.survey import look as survey

    rule = policy(max_pixels, tolerate_truncated)
    return survey(Path(data), rule, reporter or Quiet(), group=group, image_column=image_column, label_column=label_column, task=task)


def documents(contents: "Contents") -> dict[str, bytes]:
    """The files for people that are made from a run's contents, by name: report.html and MODEL_CARD.md."""
    from vitreous.report import documents as made

    return made(contents)


def compare(runs: Iterable[Image], file: Image) -> Path:
    """Write one page that sets runs side by side, and return its path. Raises RunError, UsageError, StorageError."""
    from vitreous.report import compare as compare_runs
    from vitreous.runs.contents import contents_of
    from vitreous.storage.atomic import write_atomically

    opened = [load(run)._run for run in runs]
    write_atomically(Path(file), compare_runs([contents_of(run) for run in opened]))
    return Path(file)


def resolve_settings(arguments: dict[str, Any], file: Image | None) -> TrainSettings:
    """Settings from arguments (None: not given), then the file, then the defaults. Raises UsageError."""
    from vitreous.fit.settings import resolve

    return resolve(arguments, Path(file) if file else None)


def plan(data: Image, settings: TrainSettings, reporter: Reporter) -> dict[str, Any]:
    """What a training would do, without doing it: settings as resolved, data, plan. Nothing is written but the engine's cache."""
    from vitreous.fit.methods import method_for
    from vitreous.fit.plan import make_plan
    from vitreous.fit.training import read

    source = read(Path(data), settings, reporter)
    made = make_plan(source, method_for(settings, source.items, _exported(settings), source.task, _from_scratch(settings)), settings)
    for line in made.lines:
        reporter.say(line)
    facts = {"pictures": len(source.items), "classes": source.labels, "left_out": len(source.left_out)}
    return {"task": source.task, "settings": settings.to_json(), "data": facts, "plan": made.to_json()}


def _exported(settings: TrainSettings) -> Network | None:
    """The network of timm that the settings name, as one of ours."""
    if not (settings.net or "").startswith("timm:"):
        return None
    from vitreous.export.timm_backbone import timm_network

    return timm_network(str(settings.net).removeprefix("timm:"))


def _from_scratch(settings: TrainSettings) -> "FromScratch | None":
    """The way of learning with torch, where the settings ask for it."""
    from vitreous.training.method import from_scratch

    return from_scratch(settings)


def load(run: Image) -> Run:
    """Open a run by its folder, or by the model.onnx in it. Raises RunError, which says what is there instead."""
    from vitreous.runs.folder import open_run

    return Run(open_run(Path(run)))


def evaluation_picture(evaluation: "Evaluation", form: Literal["png", "svg"] = "png", appearance: Literal["light", "dark"] = "light") -> bytes:
    """The confusion matrix beside the recall of each class with its 95 % interval, as a file of 1280 pixels in width.

    Raises UsageError for several labels, of which no confusion matrix is known.
    """
    from vitreous.draw.evaluation import evaluation_picture as draw
    from vitreous.draw.theme import DARK, LIGHT, encoded

    scores = evaluation.scores
    if not hasattr(scores, "confusion"):
        raise UsageError(
            "--picture shows a confusion matrix", "several labels for a picture have none", remedy="report.html shows what is missed for what"
        )
    title = f"{evaluation.headline()} on {evaluation.what}"
    labels, intervals = [each.label for each in scores.per_class], [each.recall_interval for each in scores.per_class]
    figure = draw(scores.confusion, labels, intervals, title, DARK if appearance == "dark" else LIGHT)
    return encoded(figure, form)


def picture_format(file: Image) -> Literal["png", "svg"]:
    """The format of a picture file by its name. Raises UsageError where its suffix is neither .png nor .svg."""
    from vitreous.draw.theme import picture_format as by_suffix

    return by_suffix(file)


def predict(image: Image) -> Answers:
    """What the shipped network says of one file, out of 1000 ImageNet classes. Raises UnreadableImage."""
    answer = _one(load_network(), image)
    assert isinstance(answer, Answers), "the shipped network gives one label"
    return answer


def predict_many(images: Image | Iterable[Image]) -> list[AnyAnswers | Failure]:
    """The same for several files, or for all pictures of a folder; a file that cannot be read is a Failure in its place."""
    return _many(load_network(), images)


def see(image: Image) -> "Inside":
    """The shipped network opened on one picture. Raises UnreadableImage."""
    from vitreous.inside import inside

    return inside(load_network(), image)


def augmentations(
    images: Image | Iterable[Image], allowed: str = "auto", *, seed: int = 0, max_pixels: int | None = None, tolerate_truncated: bool = False
) -> "Augmentations":
    """What augmentation does to pictures of yours: eight of them in eight views, as picture, numbers and words. Without torch.

    `allowed`: "auto", "none", or a list such as "flip,crop=4,brightness=0.2" or "auto,no-flip". Raises UsageError, DataError.
    """
    from vitreous.training.augment.shown import show_augmentation

    named = [images] if isinstance(images, str | os.PathLike) else list(images)
    return show_augmentation(named, allowed, seed, policy(max_pixels, tolerate_truncated))


def net(name: str, classes: int | None = None, *, channels: int | None = None, size: int | None = None, seed: int = 0) -> Any:
    """A network of the catalogue as a plain `torch.nn.Module` with named stages and a head; `classes`, `channels` and `size` are the paper's
    where none are given. Raises UsageError for an unknown name or a size too small, ModelError where torch is missing."""
    from vitreous.nets import build

    return build(name, classes, channels, size, seed)


def sample(name: str, folder: Image) -> int:
    """Write example data as a folder of class folders: "clothing" (photos) or "digits". Returns the number of pictures."""
    from vitreous.data.samples import write_sample

    return write_sample(name, Path(folder))


def answers(
    network: Network, paths: Sequence[str], engine: str = "auto", max_pixels: int | None = None, tolerate_truncated: bool = False
) -> Iterator[tuple[AnyAnswers | Failure, Decoded | None]]:
    """Answers for files as they become ready, in their order, with what was decoded."""
    return predict_files(network, engine_for(network, len(paths), engine), paths, policy(max_pixels, tolerate_truncated))


def engine_for(network: Network, count: int, engine: str) -> Setting:
    """The setting for a trained network: its own number format unless `engine` names another."""
    from vitreous.infer.choose import setting_for_answers

    return setting_for_answers(network, count, engine)


def _one(network: Network, image: Image) -> AnyAnswers:
    ((result, _),) = answers(network, [os.fspath(image)])
    if isinstance(result, Failure):
        raise UnreadableImage(f"cannot read {visible(result.image)}", result.reason)
    return result


def _many(network: Network, images: Image | Iterable[Image]) -> list[AnyAnswers | Failure]:
    from vitreous.data.sources.pictures import pictures_in

    named = [images] if isinstance(images, str | os.PathLike) else list(images)
    return [answer for answer, _ in answers(network, pictures_in(named))]


def _first_figure(metrics: dict[str, Any]) -> str:
    from vitreous.tasks.task import first_figure

    name, value, interval = first_figure(metrics)
    return f"{name} {_or_dash(value)}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _or_dash(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
