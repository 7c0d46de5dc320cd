"""From a data folder to a finished run, without torch.

read → plan → try views on a sample → features of all → duplicates, split → fit, calibrate → test → model.onnx → run folder
"""

import shlex
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from vitreous.core.item import Source, Split
from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.duplicates import find_duplicates
from vitreous.data.pack import Pack, open_pack
from vitreous.data.sources import read_source
from vitreous.data.split import Division, assign
from vitreous.errors import DataError, UsageError, VitreousError
from vitreous.fit.again import Before, Changes
from vitreous.fit.classifier import Classifier, Learner, LongLearner, Parts, Work
from vitreous.fit.expecting import of_probe, of_trial
from vitreous.fit.features import Extractor, Gathered, Known, arrange
from vitreous.fit.forward_pass import OnDemand
from vitreous.fit.improving import DEFAULT_MINUTES, LEAST_PICTURES, Forecast, Improver, Start
from vitreous.fit.methods import FromScratch, Method, method_for
from vitreous.fit.objective import OBJECTIVES
from vitreous.fit.pictures import Pictures, gather_pictures
from vitreous.fit.plan import Plan, make_plan, training_pictures
from vitreous.fit.probe import Probe, ProbeLearner, about_few_to_choose_by, choosing_order
from vitreous.fit.proving import Proof
from vitreous.fit.ready import Ready, about_view
from vitreous.fit.saving import Trained, item_rows, save
from vitreous.fit.selecting import Selection
from vitreous.fit.settings import TrainSettings
from vitreous.fit.stages import with_more_stages
from vitreous.fit.testing import fitted_to, so_far, test
from vitreous.fit.unfinished import STATE, noted, require_same_data, work
from vitreous.fit.views import ViewChoice, choose_view
from vitreous.infer.engine import Setting, default_setting
from vitreous.infer.network import Network
from vitreous.infer.pipeline import decoded_side_by_side
from vitreous.runs.contents import Documents, events_of, no_documents
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import items_to_csv
from vitreous.runs.writing import RunWriter, create, reopen
from vitreous.tasks.task import task_named

# Of the minutes: what model file, figures and report take behind the last learning.
_ENDING_SECONDS = 4.0


def train(
    data: Path,
    settings: TrainSettings,
    reporter: Reporter,
    exported: Network | None = None,
    documents: Documents = no_documents,
    from_scratch: FromScratch | None = None,
    resumed: Path | None = None,
    before: Before | None = None,
    improver: Improver | None = None,
    selection: Selection | None = None,
) -> RunFolder:
    """Train on `data` and return the finished run; `exported`: the backbone, where `settings.net` names one that had to be exported;
    `documents` makes the files for people (a report) from what will be in the run; `from_scratch`: the way of learning with torch, where it is
    taken; `resumed`: the folder of the unfinished run to go on with; `before`: the run whose corrected data these are; `improver`: what goes on
    behind the probe of a pretrained network while there are minutes; `selection`: how the network was chosen.

    Raises DataError, RunError, StorageError, UsageError.
    """
    started = time.perf_counter()
    with ExitStack() as stack:
        writer = stack.enter_context(reopen(resumed)) if resumed else None
        source = read(data, settings, reporter)
        if before:
            source, said = before.corrected(source)
            for sentence in said:
                reporter.say(sentence)
            source = task_named(source.task).learnable(source)
        method = method_for(settings, source.items, exported, source.task, from_scratch)
        if before:
            method = replace(method, views=(before.view,), larger_views=())
        if writer is None:
            name = settings.name or source.root.resolve().name
            writer = stack.enter_context(create(Path(settings.runs), name, settings.to_json()))
        pack = stack.enter_context(open_pack(source.root, settings.policy.key))
        improver = improver if method.tunable else None
        if improver and (few := training_pictures(source.items)) < LEAST_PICTURES:
            if settings.minutes:
                told = f"about {plural(few, 'training picture')}"
                reporter.say(f"No tuning: {told} are too few to gain by it ({LEAST_PICTURES} may be enough).")
            improver = None
        network = with_more_stages(method.network) if method.network and method.tunable else method.network

        def known(engine: Setting, view: View) -> Known:
            assert network is not None, "the plan asks for methods with a network only"
            return Extractor(network, engine, pack, settings.policy, reporter.progress).known(source.items, view)

        plan = make_plan(before.planned(source) if before else source, method, settings, improver is not None, known)
        for line in plan.lines:
            reporter.say(line)
        if pack.remark:
            reporter.say(pack.remark)
        reporter.say(f"Run: {visible(str(writer.path))}")
        stack.enter_context(noted(writer))
        trained = _Training(source, method, network, plan, pack, settings, reporter, writer, started, before, improver, selection).run()
        seconds = time.perf_counter() - started
        for line in trained.evaluation.summary():
            reporter.say(line)
        if improver and (changed := changed_since(data, settings, source)):
            reporter.say(f"{changed} To learn from them as they are now: vitreous train --again {shlex.quote(visible(str(writer.path)))}")
        planned = trained.forecast.seconds if trained.forecast else plan.seconds
        if trained.forecast:
            reporter.say(trained.forecast.beside(seconds, trained.evaluation.scores.accuracy))
        run = save(writer, trained, seconds, documents)
    if settings.tensorboard:
        reporter.say(f"For TensorBoard: {visible(str(events_of(run)))}")
    reporter.say(f"Done in {seconds:.1f} s (planned: {planned:.0f} s).")
    return run


def read(data: Path, settings: TrainSettings, reporter: Reporter) -> Source:
    """The data folder's items, with what there is to remark said aloud. Raises DataError where they cannot be trained on."""
    source = read_source(data, image_column=settings.image_column, label_column=settings.label_column, group=settings.group, task=settings.task)
    source = task_named(source.task).learnable(source)
    if settings.threshold_for is not None and source.task != "multilabel":
        raise UsageError("--threshold-for", "one label for each picture", "pictures with several labels", "vitreous decide chooses afterwards")
    for remark in source.remarks:
        reporter.say(remark)
    return source


def changed_since(data: Path, settings: TrainSettings, source: Source) -> str:
    """What a long training was not told of, since its data were read: pictures that came, went or have another label; empty where nothing did."""
    try:
        now = {item.relative: item.label for item in read(data, settings, Quiet()).items}
    except VitreousError as error:
        return f"The data can no longer be read ({error}); the training used them as they were when it began."
    then = {item.relative: item.label for item in source.items}
    came, gone = now.keys() - then.keys(), then.keys() - now.keys()
    touched = max(len(came), len(gone)) + sum(then[path] != now[path] for path in then.keys() & now.keys())  # one that moved is one
    if not touched:
        return ""
    return f"While it learned, {plural(touched, 'picture')} came, went or got another label; it used them as they were when it began."


class _Training:
    """The steps, in order; each leaves what the later ones need."""

    def __init__(
        self,
        source: Source,
        method: Method,
        network: Network | None,
        plan: Plan,
        pack: Pack,
        settings: TrainSettings,
        reporter: Reporter,
        writer: RunWriter,
        begun: float,
        before: Before | None,
        improver: Improver | None,
        selection: Selection | None,
    ) -> None:
        self.source, self.method, self.plan, self.pack, self.before, self.improver = source, method, plan, pack, before, improver
        self.selection = selection
        self.settings, self.reporter, self.writer, self.begun = settings, reporter, writer, begun
        self.network = network or self.learned_network()
        self.changes: Changes | None = None
        self.forecast: Forecast | None = None
        self.task = task_named(source.task)
        self.target = self.task.target(source.items, source.labels)
        self.proof = Proof(source, pack, settings.policy, reporter)

    def run(self) -> Trained:
        extractor = self.extractor(self.plan.engine)
        choice = self.choose_view(extractor)
        gathered = self.gather(extractor, choice)
        kept, division = self.divide(gathered)
        self.reporter.say(about_view(choice, gathered, kept))
        trained = self.fit(choice, extractor.setting, gathered, kept, division)
        if extractor.setting.number_format == "bf16" and not self.bf16_stands(trained):
            setting = self.in_fp32(extractor.setting)
            if self.method.channels:  # pictures are the same in any number format
                trained = replace(trained, ready=replace(trained.ready, engine=setting))
            else:
                extractor = self.extractor(setting)
                trained = self.fit(choice, extractor.setting, self.gather(extractor, choice), kept, division)
        if self.improver:
            trained = self.improved(trained, self.improver)
        self.proof.require(trained)
        corrections = self.before.corrections if self.before else ()
        return replace(trained, forecast=trained.forecast or self.forecast, selection=self.selection, corrections=corrections)

    def in_fp32(self, setting: Setting) -> Setting:
        return replace(default_setting(len(self.source.items), "f32", setting.library), reason="bf16 changed answers")

    def learned_network(self) -> Network:
        """The network that is first learned from training pictures: those on which the views are tried."""
        assert self.method.learned is not None, "a method has a network or learns one"
        paths = [(int(number), self.source.items[number].path) for number in self.plan.sample]
        found = [each.decoded for each in decoded_side_by_side(paths, self.plan.views[:1], self.settings.policy) if each.decoded]
        if not found:
            raise DataError("there is nothing to learn from", "not one picture of the sample can be read", remedy="vitreous train on pictures")
        pictures = np.stack([each.views[0] for each in found])
        return self.method.learned(pictures, self.settings.seed, self.reporter.progress)

    def extractor(self, setting: Setting) -> Extractor:
        return Extractor(self.network, setting, self.pack, self.settings.policy, self.reporter.progress)

    def choose_view(self, extractor: Extractor) -> ViewChoice:
        sample, views = [self.source.items[number] for number in self.plan.sample], self.plan.views
        if len(views) == 1 or not sample:
            return ViewChoice(views[0], (), 0)
        target, objective = self.target[self.plan.sample], OBJECTIVES[self.task.name]
        choice = choose_view(target, views, lambda view: extractor.gather(sample, view, f"trying {view}", views), self.settings.seed, objective)
        self.expect(choice)
        return choice

    def expect(self, choice: ViewChoice) -> None:
        """Say what the first model should reach, by the sample that views were tried on."""
        trial = next((each for each in choice.trials if each.view == choice.view), None)
        if trial is None or self.task.name != "classify":
            return
        self.forecast = of_trial(trial.accuracy, choice.sample, self.source.items, self.plan.seconds, choice.fall)
        if not self.improver:
            self.reporter.say(self.forecast.sentence)

    def expect_of(self, probe: Probe, parts: Parts, ending: float) -> None:
        """Say what a first model should reach that stays, by what was held out of it, and when all is done."""
        if self.task.name != "classify" or not len(probe.held_out.rows):
            return
        self.forecast = of_probe(probe, parts, time.perf_counter() - self.begun + ending)
        self.reporter.say(self.forecast.sentence)

    def gather(self, extractor: Extractor, choice: ViewChoice) -> Gathered:
        if channels := self.method.channels:
            gathered = gather_pictures(self.pack, self.source.items, choice.view, channels, self.settings.policy, self.reporter.progress)
        else:
            gathered = extractor.gather(self.source.items, choice.view, "features")
        if gathered.remark:
            self.reporter.say(gathered.remark)
        return gathered

    def divide(self, gathered: Gathered) -> tuple[list[int], Division]:
        """The numbers of the readable items, and how those are divided."""
        kept = gathered.readable
        for error in list(gathered.errors.values())[:5]:
            self.reporter.say(f"left out: {visible(error.relative)}: {error.reason}")
        if len(gathered.errors) > 5:
            self.reporter.say(f"left out: {len(gathered.errors) - 5} more files that cannot be read (items.csv in the run names them)")
        items = [self.source.items[number] for number in kept]
        readable = replace(self.source, items=items, left_out=[*self.source.left_out, *gathered.errors.values()])
        self.task.require_readable(readable, self.source.labels)
        copies = find_duplicates([gathered.keys[number] for number in kept], gathered.facts["thumbnail"][kept])
        sampled = {*self.plan.sample.tolist(), *(self.selection.sample.tolist() if self.selection else ())}
        pinned = [place for place, number in enumerate(kept) if number in sampled]
        if self.before:
            keys = [gathered.keys[number].hex() for number in kept]
            self.changes = self.before.changes(items, keys, self.source.labels)
            self.reporter.say(self.changes.sentence)
            if right := self.before.right_now(items, keys):
                told = f"{right[0]:,} of {plural(right[1], 'test picture')} ({right[0] / right[1]:.1%})"
                self.reporter.say(f"{visible(self.before.name)}, by the labels as they are now: {told} right.")
            items = self.before.divided(items, keys, copies.group, self.settings.seed, self.task.labels_of)
        division = assign(items, copies.group, self.settings.seed, pinned, self.task.labels_of)
        division = replace(division, given=self.before.given) if self.before else division
        if isinstance(self.method.learner, ProbeLearner) and (few := about_few_to_choose_by(division.split, self.target[kept])):
            division = replace(division, remarks=[*division.remarks, few])
        for remark in (*division.remarks, *self.task.about_balance(items)):
            self.reporter.say(remark)
        train = [place for place, part in enumerate(division.split) if part is Split.TRAIN]
        self.task.require_training(self.target[kept][train])
        if len({int(division.group[place]) for place in train}) < 2:
            arrived = f"all {plural(len(train), 'training picture')} belong together (copies of one picture, or one --group)"
            raise DataError("there is too little to train on", arrived, "pictures that differ")
        return kept, division

    def fit(self, choice: ViewChoice, engine: Setting, gathered: Gathered, kept: list[int], division: Division) -> Trained:
        target, groups, seed = self.target[kept], np.asarray(division.group), self.settings.seed
        order, choosing = choosing_order(division.split, target, groups, seed)
        train, validation = (sum(part is each for part in division.split) for each in (Split.TRAIN, Split.VALIDATION))
        chosen = np.asarray(kept)[order]
        features, classes = gathered.features[chosen] if self.method.channels else arrange(gathered.features, chosen), len(self.source.labels)
        parts = Parts(features, target[order], groups[order], classes, choosing, train, validation, seed)
        ready = Ready(choice, engine, gathered, kept, division, order)
        learner = self.learner(len(kept))
        if isinstance(learner, LongLearner):
            learner = learner.within(self.work(ready, lambda classifier: self.trained(ready, classifier, parts, last=False)))
        return self.trained(ready, learner.fit(parts, self.reporter.progress), parts, last=self.improver is None)

    def work(self, ready: Ready, trained: Callable[[Classifier], Trained]) -> Work:
        """What surrounds a learner that takes long. Raises RunError where it is to go on with other data than it was begun with."""
        if present := self.writer.present:
            require_same_data(present, items_to_csv(item_rows(self.source, ready)))
        names = [item.relative for item in ready.items(self.source)]
        return work(self.writer, self.reporter, names, self.source.labels, trained, self.begun)

    def trained(self, ready: Ready, classifier: Classifier, parts: Parts, last: bool = True) -> Trained:
        """The whole of a run from a classifier: tested, where it is the last one."""
        source, goal = self.source, self.settings.threshold_goal()
        fitted = fitted_to(self.task, classifier, source.labels, parts, ready.order, goal, last)
        left_out = [*ready.gathered.errors.values(), *source.left_out]
        none = np.zeros((0, len(source.labels)), np.float32)
        evaluation, probability = test(fitted, ready.division, left_out) if last else (so_far(fitted), none)
        facts = {"number_format": ready.engine.number_format, "unseen_area": ready.unseen} | fitted.facts()
        model = classifier.joined(self.network, ready.choice.view, source.labels, facts)
        return Trained(source, self.plan, ready, fitted, evaluation, probability, model, self.changes)

    def improved(self, first: Trained, improver: Improver) -> Trained:
        """Go on from the probe, which is kept in the run first. What came of it is tested, once."""
        fitted, probe, ready = first.fitted, first.fitted.classifier, first.ready
        assert isinstance(probe, Probe), "what is improved is a probe"
        surrounding = self.work(ready, lambda classifier: self.trained(ready, classifier, fitted.parts, last=False))
        if not surrounding.state:
            surrounding.keep(probe, {f"{STATE}probe": b""})
            self.reporter.say(
                f"First model after {time.perf_counter() - self.begun:.0f} s: {first.evaluation.headline()} on {first.evaluation.what}."
            )

        @cache
        def pictures() -> Pictures:
            items, keys = ready.items(self.source), [ready.gathered.keys[ready.kept[place]] for place in ready.order]
            gathered = gather_pictures(self.pack, items, ready.choice.view, 3, self.settings.policy, self.reporter.progress, keys)
            for error in gathered.errors.values():
                raise DataError(f"{visible(error.relative)} can no longer be read", error.reason, remedy="restore it, or train again")
            found: Pictures = gathered.features
            return found

        asked = len(fitted.order) - fitted.train
        ending = _ENDING_SECONDS + (asked / ready.engine.rate if ready.engine.rate else 0.0)
        seconds = 60 * (self.settings.minutes or DEFAULT_MINUTES) - ending - (time.perf_counter() - self.begun)
        view, progress = ready.choice.view, self.reporter.progress
        start = Start(probe, fitted.parts, self.network, view, ready.engine, pictures, seconds, ending, surrounding, progress)
        found = improver.improve(start)
        if found.forecast is None and found.classifier is probe:
            self.expect_of(probe, fitted.parts, ending)
        parts = fitted.parts
        if found.classifier is not probe:
            parts = replace(parts, features=OnDemand(found.network, ready.engine, pictures(), probe))
        made = self.trained(ready, found.classifier, parts)
        if found.classifier is not probe and ready.engine.number_format == "bf16" and not self.proof.bf16_keeps_answers(made):
            setting = self.in_fp32(ready.engine)
            parts = replace(parts, features=replace(parts.features, setting=setting))
            made = self.trained(replace(ready, engine=setting), found.classifier, parts)
        return replace(made, forecast=found.forecast)

    def learner(self, pictures: int) -> Learner:
        """The method's; after few corrections with the strength that the head had before, and from that head on."""
        learner, before = self.method.learner, self.before
        if isinstance(learner, ProbeLearner) and before and before.strength and self.little_changed(pictures):
            head = before.head
            return replace(learner, strengths=(before.strength,), near=head.standardized_by if head else None)
        return learner

    def little_changed(self, pictures: int) -> bool:
        """Since the run before, so that what was found out then stands."""
        return self.changes is not None and self.changes.are_few(pictures)

    def bf16_stands(self, trained: Trained) -> bool:
        if self.before and self.before.number_format == "bf16" and self.little_changed(len(trained.ready.kept)):
            return True
        return self.proof.bf16_keeps_answers(trained)
