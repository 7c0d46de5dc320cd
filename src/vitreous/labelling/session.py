"""A labelling: pictures, the steps that a person takes, and what the model makes of them. It needs no page and no server.

    session = Session(pictures)
    group = session.next_group()                    # pictures that look alike, to be named at once
    session.label(group[:20], "dress")
    session.ask(1)                                  # the picture of which most is learned
    session.confirm("dress", 24)                    # the surest guesses of a label, to be confirmed at once
    session.undo()

Pictures are numbers 0 to N - 1. Every step is in the journal, on the disk, before anything else happens; then the model is refitted.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.errors import StorageError, UsageError
from vitreous.fit.head import Ints
from vitreous.labelling.asking import ask_next
from vitreous.labelling.book import Book
from vitreous.labelling.groups import look_alike
from vitreous.labelling.journal import Journal
from vitreous.labelling.judging import Estimate, Settling, out_of_fold
from vitreous.labelling.model import Guesses, no_guesses, refit, without
from vitreous.labelling.naming import as_known, clean_name
from vitreous.labelling.pictures import Pictures
from vitreous.labelling.saving import Saving
from vitreous.labelling.space import main_directions

# A group is shown to be named while it has so many open pictures, and this share of it.
_FEWEST_OPEN = 2


@dataclass(frozen=True)
class Progress:
    """How far it is: pictures in all, `labelled`, `open`, set `aside`; `settled`: more labels would hardly change the guesses."""

    pictures: int
    labelled: int
    open: int
    aside: int
    changed: tuple[float, ...]
    settled: bool
    estimate: Estimate | None

    @property
    def sentence(self) -> str:
        aside = f", {self.aside:,} set aside" if self.aside else ""
        return f"{self.labelled:,} of {plural(self.pictures, 'picture')} labelled{aside}, {self.open:,} open."

    @property
    def advice(self) -> str:
        """Whether to go on."""
        if not self.open:
            return "Every picture has a label." if not self.aside else "No picture is open."
        if self.settled:
            most = max(1, round(max(self.changed) * self.pictures))
            return (
                f"More answers would hardly teach anything: none of the last three rounds changed more than {plural(most, 'guess', 'guesses')} "
                f"of {self.pictures:,}. You can stop here, or confirm the rest."
            )
        return ""

    def to_json(self) -> dict[str, Any]:
        numbers = {"pictures": self.pictures, "labelled": self.labelled, "open": self.open, "aside": self.aside, "settled": self.settled}
        return {**numbers, "estimate": self.estimate.to_json() if self.estimate else None, "said": self.sentence, "advice": self.advice}


class Session:
    """Threads may share it: its methods take turns."""

    def __init__(self, pictures: Pictures, journal: Journal | None = None, saving: Saving | None = None, by: str = "") -> None:
        self.pictures, self.by = pictures, by
        self.space = main_directions(pictures.features)
        self.groups = look_alike(self.space)
        self.turn = threading.RLock()
        self._number = {key: number for number, key in enumerate(pictures.keys)}
        self._journal, self._saving = journal, saving
        self.book = Book(journal.steps if journal else ())
        self.guesses = no_guesses(len(pictures))
        self._settling = Settling()
        self._estimate: tuple[int, Estimate | None] = (-1, None)
        self._refit()

    def label(self, pictures: Iterable[int], label: str, **about: Any) -> None:
        """Give pictures a label; a new one is made. Raises UsageError for a name that no table can hold, StorageError."""
        self.step("label", pictures, label=label, **about)

    def exclude(self, pictures: Iterable[int], label: str) -> None:
        """These pictures have not that label, whatever they have."""
        self.step("not", pictures, label=label)

    def set_aside(self, pictures: Iterable[int]) -> None:
        """They are not asked again and get no label."""
        self.step("aside", pictures)

    def reopen(self, pictures: Iterable[int]) -> None:
        self.step("open", pictures)

    def rename(self, label: str, to: str) -> None:
        """Give a label another name; the name of another label puts both together."""
        self.step("rename", label=label, to=to)

    def undo(self) -> str:
        """Take the last step back; says which it was, or that there is none."""
        return self.step("undo")

    def step(self, do: str, pictures: Iterable[int] = (), *, by: str | None = None, since: int | None = None, **about: Any) -> str:
        """One step, as a page or program sends it: written, taken in, and the model refitted. Returns what has happened, in words.

        `since`: the last step that whoever takes this one has seen; a label that was renamed since then is the one that is meant.
        Raises UsageError for what cannot be meant, StorageError where it cannot be written: then nothing has happened.
        """
        with self.turn:
            step = self._checked(do, list(pictures), self.by if by is None else by, since, about)
            numbered = self._journal.append(step) if self._journal else {"step": self.version + 1, **step}
            self.book.add(numbered)
            if do != "add":
                self._refit()
            self._save()
            return self._told(numbered)

    @property
    def title(self) -> str:
        """The name of the folder."""
        return visible(self.pictures.folder.name or str(self.pictures.folder))

    @property
    def version(self) -> int:
        """The number of the last step."""
        return int(self.book.steps[-1]["step"]) if self.book.steps else 0

    @property
    def open(self) -> Ints:
        """The pictures without a label that are not set aside."""
        taken = [key not in self.book.of and key not in self.book.aside for key in self.pictures.keys]
        return np.flatnonzero(taken)

    @property
    def labelled(self) -> int:
        """How many pictures that are here have a label."""
        return sum(key in self.book.of for key in self.pictures.keys)

    @property
    def here_counts(self) -> dict[str, int]:
        """Pictures that are here by label, in the order of the labels."""
        counts = dict.fromkeys(self.book.labels, 0)
        for key in self.pictures.keys:
            if key in self.book.of:
                counts[self.book.of[key]] += 1
        return counts

    @property
    def put_aside(self) -> list[int]:
        return [number for number, key in enumerate(self.pictures.keys) if key in self.book.aside and key not in self.book.of]

    def label_of(self, number: int) -> str | None:
        return self.book.of.get(self.pictures.keys[number])

    def guess_of(self, number: int) -> tuple[str, float] | None:
        """The label that is guessed, and its probability."""
        guess = int(self._guess[number])
        return (self.guesses.labels[guess], float(self.guesses.probability[number, guess])) if guess >= 0 else None

    def guesses_of(self, number: int, count: int) -> list[tuple[str, float]]:
        """The most probable labels with their probabilities."""
        row = self.guesses.probability[number]
        best = np.argsort(-row, kind="stable")[:count]
        return [(self.guesses.labels[each], round(float(row[each]), 4)) for each in best if row[each] > 0]

    def ask(self, count: int = 1) -> list[int]:
        """The open pictures of which most is learned."""
        with self.turn:
            found = ask_next(self.space, self.guesses, self.groups, self.open, count)
            return [int(number) for number in found]

    def next_group(self, passed: Iterable[int] = ()) -> tuple[int, list[int]] | None:
        """The number of the first group, in their order, with two open pictures or more, and these, the most typical first; None where there is
        none. `passed`: groups that are not wanted now."""
        with self.turn:
            is_open = np.zeros(len(self.pictures), bool)
            is_open[self.open] = True
            left = np.bincount(self.groups.member[is_open], minlength=self.groups.count)
            left[[group for group in passed if 0 <= group < len(left)]] = 0
            there = np.flatnonzero(left >= min(_FEWEST_OPEN, len(self.pictures)))
            if not len(there):
                return None
            group = int(there[0])
            members = self.groups.pictures(group)
            return group, [int(number) for number in members[is_open[members]]]

    def confirm(self, label: str | None = None, count: int = 24) -> tuple[str, list[int]] | None:
        """The surest open guesses of a label, or of the one whose first `count` guesses are likely to bring most; None where nothing is guessed."""
        with self.turn:
            numbers, guess, sure = self.open, self._guess, self.guesses.confidence
            best: tuple[float, str, list[int]] | None = None
            for place, name in enumerate(self.guesses.labels):
                if label is not None and name != label:
                    continue
                own = numbers[guess[numbers] == place]
                surest = own[np.argsort(-sure[own], kind="stable")][:count]
                worth = float(sure[surest].sum() - (1 - sure[surest]).sum())
                if len(surest) and (best is None or worth > best[0]):
                    best = (worth, name, [int(number) for number in surest])
            return best[1:] if best else None

    def having(self, label: str) -> list[int]:
        """The pictures with that label, those that are least like it first."""
        with self.turn:
            own = np.array([number for number, key in enumerate(self.pictures.keys) if self.book.of.get(key) == label], np.intp)
            if label not in self.guesses.labels:
                return [int(number) for number in own]
            share = self.guesses.probability[own, self.guesses.labels.index(label)]
            return [int(number) for number in own[np.argsort(share, kind="stable")]]

    def progress(self) -> Progress:
        """Where it stands; the estimate is that of the last `estimate`."""
        with self.turn:
            here = [key for key in self.pictures.keys if key in self.book.of]
            aside = sum(key in self.book.aside and key not in self.book.of for key in self.pictures.keys)
            rest = len(self.pictures) - len(here) - aside
            settled = self._settling.is_settled
            return Progress(len(self.pictures), len(here), rest, aside, tuple(self._settling.changed), settled, self._estimate[1])

    def estimate(self) -> Estimate | None:
        """How many of the labelled pictures a model guesses right that was not fitted to them. It takes five fits; others may go on meanwhile."""
        with self.turn:
            version = self.version
            if self._estimate[0] == version:
                return self._estimate[1]
            numbers, names = self._labelled()
        labels = sorted(set(names))
        target = np.searchsorted(labels, names) if names else np.zeros(0, np.intp)
        found = out_of_fold(self.space, numbers, target, self.pictures.copies)
        with self.turn:
            self._estimate = (version, found)
        return found

    def rows(self) -> list[tuple[str, str, str]]:
        """(path, label, split) of every labelled picture and its copies, in the order of their paths."""
        with self.turn:
            pictures = self.pictures
            found = [
                (path, self.book.of[key], split)
                for key, paths, splits in zip(pictures.keys, pictures.paths, pictures.splits, strict=True)
                for path, split in zip(paths, splits, strict=True)
                if key in self.book.of
            ]
        return sorted(found)

    @property
    def table(self) -> Path | None:
        """Where the labels are written; None without a table."""
        return self._saving.table if self._saving else None

    @property
    def unsaved(self) -> str:
        """Why the table could not be written, where it could not; the steps are in the journal all the same."""
        return self._saving.failure if self._saving else ""

    def _checked(self, do: str, pictures: list[int], by: str, since: int | None, about: Mapping[str, Any]) -> dict[str, Any]:
        step: dict[str, Any] = {"by": by, "do": do}
        if do in ("label", "not", "aside", "open"):
            wrong = next((each for each in pictures if type(each) is not int or not 0 <= each < len(self.pictures)), None)
            if wrong is not None or not pictures:
                arrived = f"picture {visible(str(wrong))}" if pictures else "no picture"
                raise UsageError(f"cannot {do}", arrived, f"numbers from 0 to {len(self.pictures) - 1}")
            step["pictures"] = [self.pictures.keys[number] for number in dict.fromkeys(pictures)]
        if do in ("label", "add"):
            step["label"] = as_known(self._now(clean_name(about.get("label", "")), since), self.book.labels)
        elif do in ("not", "remove", "rename"):
            label = self._now(str(about.get("label", "")), since)
            if label not in self.book.labels:
                raise UsageError(f"there is no label {visible(label)!r}", remedy="it was renamed or removed; look again")
            step["label"] = label
        if do == "remove" and step["label"] in self.book.of.values():
            raise UsageError(f"the label {visible(step['label'])!r} stays", "there are pictures with it", remedy="rename it to another label instead")
        if do == "rename":
            to = clean_name(about.get("to", ""))
            step["to"] = to if to.casefold() == step["label"].casefold() else as_known(to, self.book.labels)
        if do in ("undo", "redo"):
            found = self.book.to_undo(by) if do == "undo" else self.book.to_redo(by)
            if found is None:
                raise UsageError(f"there is nothing to {do}")
            step["of"] = found["step"]
        if do not in ("label", "add", "not", "remove", "rename", "aside", "open", "undo", "redo"):
            raise UsageError(f"there is no step {visible(do)!r}")
        if do == "label":
            own = set(step["pictures"])
            rejected = [
                self.pictures.keys[number] for number in about.get("rejected") or [] if isinstance(number, int) and 0 <= number < len(self.pictures)
            ]
            step |= {"how": str(about["how"])[:20]} if about.get("how") else {}
            step |= {"rejected": [key for key in rejected if key not in own]} if rejected else {}
        return step

    def _now(self, label: str, since: int | None) -> str:
        return label if since is None else self.book.name_now(label, since)

    def _told(self, step: Mapping[str, Any]) -> str:
        do, label = step["do"], visible(step.get("label", ""))
        count = plural(len(step.get("pictures", ())), "picture")
        if do in ("undo", "redo"):
            first = next(each for each in self.book.steps if each["step"] == step["of"])
            return f"{'Taken back' if do == 'undo' else 'Done again'}: {self._told(first)}"
        said = {
            "label": f"{count}: {label}", "not": f"{count}: not {label}", "aside": f"{count} set aside", "open": f"{count} open again",
            "add": f"new label: {label}", "remove": f"label removed: {label}", "rename": f"{label} is {visible(step.get('to', ''))} now",
        }  # fmt: skip
        return said[do]

    def _labelled(self) -> tuple[Ints, list[str]]:
        numbers = [number for number, key in enumerate(self.pictures.keys) if key in self.book.of]
        return np.array(numbers, np.intp), [self.book.of[self.pictures.keys[number]] for number in numbers]

    def _refit(self) -> None:
        numbers, names = self._labelled()
        labels: Sequence[str] = self.book.labels
        if not names:
            self.guesses = no_guesses(len(self.pictures))
        else:
            place = {name: number for number, name in enumerate(labels)}
            target = np.array([place[name] for name in names], np.intp)
            fitted: Guesses = refit(self.space, numbers, target, labels, self.guesses)
            excluded = {self._number[key]: tuple(names) for key, names in self.book.excluded.items() if key in self._number}
            self.guesses = without(fitted, excluded)
        self._guess = self.guesses.guess
        if len(self.guesses.labels) > 1:
            self._settling.note(len(names), [self.guesses.labels[each] if each >= 0 else "" for each in self._guess])

    def _save(self) -> None:
        if self._saving is None:
            return
        with suppress(StorageError):  # said by `unsaved`; the step is in the journal
            self._saving.save(self.rows())
