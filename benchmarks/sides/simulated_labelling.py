"""Users who are none: they know every label, and answer what the labelling asks. For benchmarks/labelling.py."""

import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.reporter import Quiet
from vitreous.data.decode import Policy
from vitreous.fit.stages import with_more_stages
from vitreous.infer.network import load_network
from vitreous.labelling.asking import ask_next
from vitreous.labelling.groups import look_alike
from vitreous.labelling.journal import open_journal
from vitreous.labelling.judging import Settling
from vitreous.labelling.model import no_guesses, refit
from vitreous.labelling.pictures import Pictures, pictures_of
from vitreous.labelling.saving import Saving
from vitreous.labelling.session import Session
from vitreous.labelling.space import main_directions
from vitreous.labelling.views import view_of

POINTS = (20, 50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1000)
SHORT_OF = 0.4  # a person passes a group over in which less than this share is of one kind
MOST_KEYS = 20  # labels that have a key of their own


@dataclass(frozen=True)
class Data:
    """Pictures with their true labels as numbers; `train` and `test` tell the parts."""

    pictures: Pictures
    names: list[str]
    target: Any
    train: Any
    test: Any


def read(folder: Path) -> Data:
    """The pictures of train/CLASS and test/CLASS as `vitreous label` reads them."""
    network = with_more_stages(load_network())
    pictures = pictures_of(network, folder, "openvino-f32", Policy(), Quiet())
    parts = [paths[0].split("/")[:2] for paths in pictures.paths]
    names = sorted({label for _, label in parts})
    train = np.array([part == "train" for part, _ in parts])
    target = np.array([names.index(label) for _, label in parts])
    return Data(pictures, names, target, np.flatnonzero(train), np.flatnonzero(~train))


def curve(data: Data, order: str, errs: float, seed: int) -> dict[str, Any]:
    """Accuracy on the test part after so many labels as POINTS says; the labels with which it was settled, and the accuracy then; and that of all
    labels."""
    rng = np.random.default_rng(seed)
    everything = main_directions(data.pictures.features, seed=seed)
    space, held, truth = everything[data.train], everything[data.test], data.target[data.test]
    said = data.target[data.train].copy()
    wrong = np.flatnonzero(rng.random(len(said)) < errs)
    said[wrong] = (said[wrong] + rng.integers(1, len(data.names), len(wrong))) % len(data.names)
    groups, guesses, settling = look_alike(space, seed=seed), no_guesses(len(space)), Settling()
    known: list[int] = []
    found: list[float] = []
    settled: dict[str, Any] | None = None
    chance = rng.permutation(len(space))
    while len(known) < POINTS[-1]:
        batch = 10 if len(known) < 200 else 25 if len(known) < 500 else 50
        if order == "random":
            new = chance[len(known) : len(known) + batch]
        else:
            new = ask_next(space, guesses, groups, np.setdiff1d(np.arange(len(space)), known), batch)
        known += [int(each) for each in new]
        numbers = np.array(known)
        guesses = refit(space, numbers, said[numbers], data.names, guesses)
        if len(guesses.labels) > 1:
            settling.note(len(known), [guesses.labels[each] for each in guesses.guess])
        if settling.is_settled and settled is None:
            settled = {"labels": len(known), "accuracy": round(right(data, guesses, held, truth), 4)}
        if len(known) in POINTS:
            found.append(right(data, guesses, held, truth))
    everyone = np.arange(len(space))
    full = right(data, refit(space, everyone, said, data.names), held, truth) if seed == 0 else float("nan")
    return {"accuracy": found, "settled": settled, "all": full}


def right(data: Data, guesses: Any, held: Any, truth: Any) -> float:
    if guesses.head is None:
        return 0.0
    names = np.array([data.names.index(name) for name in guesses.labels])
    return float((names[guesses.head.logits(held).argmax(1)] == truth).mean())


def person(data: Data, errs: float, seed: int) -> dict[str, Any]:
    """Somebody before the page, until nothing is open. Counted: every key and click; `right`: the share of the labels that are true in the end."""
    rng = np.random.default_rng(seed)
    pictures = only(data.pictures, data.train)
    target = data.target[data.train]
    session = Session(pictures)
    actions: Counter[str] = Counter()
    passed: list[int] = []
    settled = None

    def seen(number: int) -> str:
        """The label that the person sees in a picture, this time."""
        true = int(target[number])
        return data.names[true if rng.random() >= errs else (true + int(rng.integers(1, len(data.names)))) % len(data.names)]

    def naming(label: str) -> int:
        """Keys for a label: its own, or N, its letters and Enter."""
        known = session.book.labels[:MOST_KEYS]
        return 1 if label in known else len(label) + 2

    while len(session.open):
        view = view_of(session, {"mode": "auto", "passed": passed})
        if settled is None and session.progress().settled:
            settled = {"labelled": session.labelled, "actions": sum(actions.values())}
        numbers = [each["number"] for each in view["pictures"]]
        told = {number: seen(number) for number in numbers}
        if view["mode"] == "one":
            number = numbers[0]
            actions["one"] += 1 if told[number] == view["pictures"][0]["guess"] else naming(told[number])
            session.label([number], told[number])
            continue
        label = view.get("label") or Counter(told.values()).most_common(1)[0][0]
        own, others = [n for n in numbers if told[n] == label], [n for n in numbers if told[n] != label]
        if view["mode"] == "groups" and len(own) < SHORT_OF * len(numbers):
            actions["groups"] += 1
            passed.append(view["group"])
            continue
        actions[view["mode"]] += len(others) + (1 if view["mode"] == "confirm" else naming(label))
        if own:
            session.label(own, label, rejected=others)
        else:
            session.exclude(others, label)
    labels = [session.label_of(number) for number in range(len(target))]
    share = float(np.mean([label == data.names[true] for label, true in zip(labels, target, strict=True)]))
    return {
        "pictures": len(target), "actions": dict(actions), "actions a picture": round(sum(actions.values()) / len(target), 4),
        "steps": session.version, "right": round(share, 4), "settled": settled,
    }  # fmt: skip


def seconds(data: Data) -> dict[str, Any]:
    """How long the start takes; and with so many labelled one more label, the refit and the next question, with and without journal and table."""
    pictures = only(data.pictures, data.train)
    narrow = np.ascontiguousarray(pictures.features[:, :1280])
    session = Session(pictures)
    works = {"turning 2,992": lambda: main_directions(pictures.features), "turning 1,280": lambda: main_directions(narrow)}
    found = {}
    for name, work in {**works, "groups": lambda: look_alike(session.space)}.items():
        begun = time.perf_counter()
        work()
        found[name] = round(time.perf_counter() - begun, 3)
    names = [data.names[each] for each in data.target[data.train]]
    order = np.random.default_rng(0).permutation(len(pictures)).tolist()
    with tempfile.TemporaryDirectory() as work_folder, open_journal(Path(work_folder) / "t.jsonl", "t") as journal:
        folder = Path(work_folder) / "photos"
        folder.mkdir()
        saved = Session(replace(pictures, folder=folder), journal, Saving(Path(work_folder) / "t.csv", folder, journal))
        by_labelled = {}
        for labelled in (100, 500, 2000, 4500):
            alone, whole = (steps(each, names, order, labelled) for each in (session, saved))
            by_labelled[str(labelled)] = {"refit and reorder": alone, "step and question": whole}
    return {"pictures": len(pictures), **found, "by labelled": by_labelled}


def steps(session: Session, names: list[str], order: list[int], labelled: int) -> list[float]:
    """Seconds of 15 single labels, each with the question that follows, from so many labelled ones on."""
    some = [number for number in order[:labelled] if session.label_of(number) is None]
    for name in sorted({names[number] for number in some}):
        session.label([number for number in some if names[number] == name], name)
    found = []
    for number in order[labelled : labelled + 15]:
        begun = time.perf_counter()
        session.label([number], names[number])
        session.ask(8)
        found.append(round(time.perf_counter() - begun, 4))
    return found


def only(pictures: Pictures, numbers: Any) -> Pictures:
    """Some of the pictures."""
    return replace(
        pictures,
        keys=[pictures.keys[number] for number in numbers],
        paths=[pictures.paths[number] for number in numbers],
        splits=[[""] for _ in numbers],
        features=pictures.features[numbers],
        copies=pictures.copies[numbers],
        pixels=None,
    )
