"""What Vitreous does, from Python. Each function joins parts of other packages; the command line calls these and nothing else."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitreous.api.answering import Image, answers, engine_for, feature_options, features_of, many, named, network_of, one
from vitreous.api.finding import Question, find, find_by, find_in, index, index_by
from vitreous.api.label import label, label_session, next_to_label
from vitreous.api.mapping import map, map_by  # noqa: A004  # as `vitreous map` is called
from vitreous.api.matching import match, match_in
from vitreous.api.one_class import OneClassRun, checked, odd_map, refused, train_one
from vitreous.api.pictures import evaluation_picture
from vitreous.api.run import Run, documents
from vitreous.api.suspects import apply_corrections, run_at, suspects, undo_corrections
from vitreous.core.reporter import Printed, Quiet, Reporter
from vitreous.data.decode import policy
from vitreous.errors import UsageError, VitreousError
from vitreous.fit.settings import TrainSettings
from vitreous.infer.network import Network, load_network
from vitreous.tasks.classify.answers import Answers, Failure
from vitreous.tasks.predict import AnyAnswers

if TYPE_CHECKING:
    from vitreous.extraction import Features
    from vitreous.fit.feature_options import FeatureOptions
    from vitreous.fit.features import Pool
    from vitreous.fit.improving import Improver
    from vitreous.fit.methods import FromScratch
    from vitreous.fit.selecting import Selection
    from vitreous.fit.sweeping import Outcome
    from vitreous.inside import Inside
    from vitreous.inside.strongest import Strongest
    from vitreous.runs.folder import RunFolder
    from vitreous.survey import Facts
    from vitreous.training.augment.shown import Augmentations

__all__ = [
    "OneClassRun", "Question", "Run", "VitreousError", "again", "answers", "apply_corrections", "augmentations", "checked", "compare", "documents",
    "engine_for", "evaluation_picture", "feature_options", "features", "features_of", "find", "find_by", "find_in", "index", "index_by", "label",
    "label_session", "load", "look", "map", "map_by", "match", "match_in", "net", "network_for", "next_to_label", "odd_map", "plan",
    "predict", "predict_many", "repeat", "resolve_settings", "resume", "run_at", "sample", "see", "strongest", "suspects", "sweep", "train",
    "undo_corrections", "watch",
]  # fmt: skip


def train(
    data: Image,
    *,
    minutes: float | None = None,
    seed: int | None = None,
    name: str | None = None,
    settings: Image | None = None,
    reporter: Reporter | None = None,
    **options: Any,
) -> Run | OneClassRun:
    """Train on a folder of pictures or a CSV table and return the run, finished, saved and tested.

    `minutes`: how long it may take; None means as soon as possible. `seed`: 0 where neither it nor the settings file says otherwise.
    `settings`: a TOML file. `options`: the other fields of `vitreous.fit.settings.TrainSettings` (runs, engine, group, image_column,
    label_column, max_pixels, tolerate_truncated, task, threshold_for, net and what belongs to it).
    With one class only, such as good parts, the run says of a picture whether it is odd, and where. Raises DataError, UsageError, StorageError.
    """
    from vitreous.fit.training import train as train_folder

    resolved, tell = resolve_settings({"minutes": minutes, "seed": seed, "name": name, **options}, settings), reporter or Printed()
    if run := train_one(Path(data), resolved, tell):
        return run
    selection = None
    if resolved.several_nets:
        selection = select(Path(data), resolved, tell)
        resolved = replace(resolved, net=selection.chosen, smallest_within=None, fastest_within=None)
    way, improver = _from_scratch(resolved), _improver(resolved)
    return Run(train_folder(Path(data), resolved, tell, _exported(resolved), documents, way, improver=improver, selection=selection))


def select(data: Path, settings: TrainSettings, reporter: Reporter) -> "Selection":
    """Try the networks that `settings.net` names, auto: the shipped one, the larger ones of its kind and those of timm whose weights are on this
    machine, and the classical way; say the table, and what is taken. Raises DataError, UsageError."""
    from vitreous.data.pack import open_pack
    from vitreous.fit.methods import CLASSICAL, SHIPPED
    from vitreous.fit.selecting import select as try_all
    from vitreous.fit.training import read
    from vitreous.nets.weights_package import here_now

    names = settings.several_nets
    if names == ["auto"]:
        names = [SHIPPED, *here_now(), CLASSICAL, *_cached_of_timm()]
    source = read(data, settings, Quiet())
    with open_pack(source.root, settings.policy.key) as pack:
        found = try_all(source, settings, names, _exported, pack, reporter)
    for line in (*found.table(), f"Taken: {found.chosen}, {found.why}."):
        reporter.say(line)
    return found


def _cached_of_timm() -> list[str]:
    """As names for --net; none where timm is not installed."""
    from importlib.util import find_spec

    if find_spec("timm") is None or find_spec("torch") is None:
        return []
    from vitreous.export.timm_backbone import cached_names

    return [f"timm:{name}" for name in cached_names()]


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
        return train_folder(Path(data), variant, tell, _exported(variant), documents, _from_scratch(variant), improver=_improver(variant))

    folder, outcomes = carry_out(asked, Path(data), trained, lambda run: resume(run, reporter=tell)._run, tell.say)
    write_atomically(folder / SWEEP_HTML, sweep_page(folder, outcomes))
    return folder, outcomes


def resume(run: Image, *, reporter: Reporter | None = None) -> Run:
    """Go on with an interrupted training: its last weights are those that it would have had without the interruption, bit for bit.

    Raises RunError where the run is finished, at work elsewhere, damaged, of another version, or its data changed.
    """
    from vitreous.fit.training import train as train_folder
    from vitreous.training.again import to_resume

    data, settings, folder = to_resume(Path(run))
    way, improver = _from_scratch(settings), _improver(settings)
    return Run(train_folder(data, settings, reporter or Printed(), _exported(settings), documents, way, folder.path, improver=improver))


def repeat(run: Image, *, name: str | None = None, runs: Image | None = None, reporter: Reporter | None = None) -> Run:
    """Train once more as a run was trained, into a new run: the same work and, on the same machine with the same versions, the same bits."""
    from vitreous.fit.training import train as train_folder
    from vitreous.training.again import to_repeat
    from vitreous.training.method import from_scratch

    data, settings, recipe, phases, remarks = to_repeat(Path(run))
    settings = replace(settings, name=name or settings.name, runs=os.fspath(runs or settings.runs))
    tell = reporter or Printed()
    for remark in remarks:
        tell.say(remark)
    way, improver = from_scratch(settings, recipe), _improver(settings, phases) if phases else None
    exported = None if recipe else _exported(settings)  # with a recipe it was learned from the pixels on
    return Run(train_folder(data, settings, tell, exported, documents, way, improver=improver))


def again(
    run: Image, *, corrections: Image | None = None, name: str | None = None, runs: Image | None = None, reporter: Reporter | None = None
) -> Run:
    """Train once more on the data of a finished run after they were corrected (labels fixed, pictures added or taken away, classes renamed), into a
    new run: with its settings, its view of the pictures and its parts, so that figures compare; only changed pictures are decoded.

    `corrections`: a corrections.csv of labels, as suspects.html saves it, which counts although the data stay as they are.
    Raises DataError, RunError, StorageError, UsageError.
    """
    from vitreous.fit.again import before_of
    from vitreous.fit.corrections import read_corrections
    from vitreous.fit.training import train as train_folder
    from vitreous.runs.folder import verify
    from vitreous.training.again import data_of, finished, settings_of

    read = read_corrections(Path(corrections)) if corrections else []
    opened = finished(Path(run))
    verify(opened)
    settings = settings_of(opened)
    settings = replace(settings, name=name or settings.name, runs=os.fspath(runs or settings.runs))
    tell = reporter or Printed()
    way = _from_scratch(settings)
    improver = _improver(settings) if (opened.facts.get("classifier") or {}).get("phases") else None
    return Run(train_folder(data_of(opened), settings, tell, _exported(settings), documents, way, before=before_of(opened, read), improver=improver))


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
    from vitreous.fit.improving import LEAST_PICTURES
    from vitreous.fit.methods import method_for
    from vitreous.fit.plan import make_plan, training_pictures
    from vitreous.fit.training import read

    source = read(Path(data), settings, reporter)
    if settings.several_nets:
        raise UsageError(f"--dry-run with --net {settings.net}", "which network is taken is measured", remedy="name one, or leave --dry-run away")
    method = method_for(settings, source.items, _exported(settings), source.task, _from_scratch(settings))
    goes_on = method.tunable and _improver(settings) is not None and training_pictures(source.items) >= LEAST_PICTURES
    made = make_plan(source, method, settings, goes_on)
    for line in made.lines:
        reporter.say(line)
    facts = {"pictures": len(source.items), "classes": source.labels, "left_out": len(source.left_out)}
    return {"task": source.task, "settings": settings.to_json(), "data": facts, "plan": made.to_json()}


def _exported(settings: TrainSettings) -> Network | None:
    """The network that the settings name and whose weights are a package's or timm's, as one of ours."""
    from vitreous.nets.catalogue import PUBLISHED

    name = settings.net or ""
    if name in PUBLISHED and (settings.trainer or "auto") == "auto":
        return pretrained(name)
    if not name.startswith("timm:"):
        return None
    from vitreous.export.timm_backbone import timm_network

    return timm_network(name.removeprefix("timm:"))


def pretrained(name: str) -> Network | None:
    """The network of that name whose weights are shipped, or come in a package; None for another name. Raises ModelError where they are not here."""
    from vitreous.export.published import published_network
    from vitreous.fit.methods import SHIPPED
    from vitreous.nets.catalogue import PUBLISHED, full_name

    name = full_name(name)
    return load_network() if name == SHIPPED else published_network(name) if name in PUBLISHED else None


def _from_scratch(settings: TrainSettings) -> "FromScratch | None":
    """The way of learning with torch, where the settings ask for it."""
    from vitreous.training.method import from_scratch

    return from_scratch(settings)


def _improver(settings: TrainSettings, phases: Sequence[Any] = ()) -> "Improver | None":
    """What goes on behind the probe of a pretrained network, where torch is there."""
    from vitreous.training.method import improver

    return improver(settings, phases)


def load(run: Image) -> Run | OneClassRun:
    """Open a run by its folder, or by the model.onnx in it. Raises RunError, which says what is there instead."""
    from vitreous.runs.folder import open_run

    opened = open_run(Path(run))
    if opened.facts.get("task") == "one_class":
        return OneClassRun(opened)
    return Run(opened)


def network_for(verb: str, run: Image | None, options: "FeatureOptions", reporter: Reporter) -> Network:
    """The network of a run; without one that of the options. Raises UsageError for a run of one class, which has no such verb."""
    if run is None:
        return network_of(options, reporter)
    opened = load(run)
    if isinstance(opened, OneClassRun):
        raise refused(verb, opened.folder)
    return opened.network


def predict(image: Image) -> Answers:
    """What the shipped network says of one file, out of 1000 ImageNet classes. Raises UnreadableImage."""
    answer = one(load_network(), image)
    assert isinstance(answer, Answers), "the shipped network gives one label"
    return answer


def predict_many(images: Image | Iterable[Image]) -> list[AnyAnswers | Failure]:
    """The same for several files, or for all pictures of a folder; a file that cannot be read is a Failure in its place."""
    return many(load_network(), images)


def see(image: Image) -> "Inside":
    """The shipped network opened on one picture. Raises UnreadableImage."""
    from vitreous.inside import inside

    return inside(load_network(), image)


def strongest(
    data: Image,
    stage: str | None = None,
    channels: Sequence[int] | None = None,
    *,
    depth: int = 1,
    model: Image | None = None,
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Strongest":
    """What excites the channels of the shipped network, or of a `model`.onnx, most in a folder of pictures. Raises as `Run.strongest` does."""
    from vitreous.inside.strongest import pictures_of
    from vitreous.inside.strongest import strongest as search

    network = load_network(Path(model)) if model else load_network()
    return search(network, pictures_of(Path(data)), policy(max_pixels, tolerate_truncated), stage, depth, channels, reporter or Quiet())


def features(
    data: Image,
    *,
    net: str | None = None,
    size: int | None = None,
    stage: str | None = None,
    pool: "Pool" = "mean",
    engine: str = "openvino-f32",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Features":
    """What a network makes of all pictures of a folder or table, float32 [N, D]: the shipped one, or `net`, FILE.onnx or "timm:NAME".

    `stage`: whose values are taken (see shows them), else the network's features; of maps the "mean" or "max" over their places, or "all"
    numbers, by `pool`. What is known from before is not computed again. Raises DataError, ModelError, UsageError.
    """
    options, tell = feature_options(stage, pool, engine, max_pixels, tolerate_truncated, net, size), reporter or Quiet()
    return features_of(network_of(options, tell), data, options, tell)


def augmentations(
    images: Image | Iterable[Image], allowed: str = "auto", *, seed: int = 0, max_pixels: int | None = None, tolerate_truncated: bool = False
) -> "Augmentations":
    """What augmentation does to pictures of yours: eight of them in eight views, as picture, numbers and words. Without torch.

    `allowed`: "auto", "none", or a list such as "flip,crop=4,brightness=0.2" or "auto,no-flip". Raises UsageError, DataError.
    """
    from vitreous.training.augment.shown import show_augmentation

    return show_augmentation(named(images), allowed, seed, policy(max_pixels, tolerate_truncated))


def net(name: str, classes: int | None = None, *, channels: int | None = None, size: int | None = None, seed: int = 0) -> Any:
    """A network of the catalogue as a plain `torch.nn.Module` with named stages and a head; `classes`, `channels` and `size` are the paper's
    where none are given. Raises UsageError for an unknown name or a size too small, ModelError where torch is missing."""
    from vitreous.nets import build

    return build(name, classes, channels, size, seed)


def sample(name: str, folder: Image) -> int:
    """Write example data as a folder of class folders: "clothing" (photos) or "digits". Returns the number of pictures."""
    from vitreous.data.samples import write_sample

    return write_sample(name, Path(folder))
