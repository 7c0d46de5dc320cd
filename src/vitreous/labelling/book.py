"""What the steps of a labelling come to: the label of each picture, what it is not, what was set aside, and the labels in their order.

    label    pictures get a label, a later step wins; those    not      pictures have not that label, and are open
             that were rejected beside them have it not
    aside    pictures are not asked again, and get no label    open     pictures have no label any more
    add      a label that no picture has yet                   remove   a label that no picture has is gone
    rename   a label gets another name; the name of another label puts both together
    undo     a step has never happened                         redo     it has all the same

Pictures are named by the hash of their content, so they keep their labels wherever they lie, and copies have one label together.
"""

from collections.abc import Iterable, Sequence
from typing import Any

CHANGES = ("label", "not", "aside", "open", "add", "remove", "rename")
TAKEN_BACK = ("undo", "redo")


class Book:
    """`labels`: the names in the order in which they came. `of`: label by picture. `excluded`: labels that a picture has not."""

    def __init__(self, steps: Iterable[dict[str, Any]] = ()) -> None:
        self.steps: list[dict[str, Any]] = []
        self._undone: set[int] = set()
        self._clear()
        for step in steps:
            self._note(step)
        self._replay()

    def add(self, step: dict[str, Any]) -> None:
        """Take a numbered step in."""
        self._note(step)
        if step["do"] in TAKEN_BACK:
            self._replay()
        else:
            self._apply(step)

    def to_undo(self, by: str) -> dict[str, Any] | None:
        """The last step of `by` that still counts; of anybody, where `by` has made none."""
        counting = [step for step in self.steps if step["do"] in CHANGES and step["step"] not in self._undone]
        own = [step for step in counting if step.get("by") == by]
        made_any = any(step.get("by") == by and step["do"] in CHANGES for step in self.steps)
        return (own if made_any else counting)[-1] if (own if made_any else counting) else None

    def to_redo(self, by: str) -> dict[str, Any] | None:
        """The step that `by` has taken back last, where nothing else was done since."""
        waiting: list[int] = []
        for step in self.steps:
            if step.get("by") != by:
                continue
            if step["do"] == "undo":
                waiting.append(step["of"])
            elif step["do"] == "redo" and waiting:
                waiting.remove(step["of"])
            elif step["do"] in CHANGES:
                waiting.clear()
        return next((step for step in self.steps if waiting and step["step"] == waiting[-1]), None)

    def name_now(self, label: str, since: int) -> str:
        """What a label that was there at step `since` is called now: it may have been renamed by somebody else meanwhile."""
        for step in self.steps:
            if step["do"] == "rename" and step["step"] > since and step["step"] not in self._undone and step["label"] == label:
                label = step["to"]
        return label

    def _note(self, step: dict[str, Any]) -> None:
        self.steps.append(step)
        if step["do"] == "undo":
            self._undone.add(int(step["of"]))
        elif step["do"] == "redo":
            self._undone.discard(int(step["of"]))

    def _clear(self) -> None:
        self.labels: list[str] = []
        self.of: dict[str, str] = {}
        self.aside: set[str] = set()
        self.excluded: dict[str, set[str]] = {}

    def _replay(self) -> None:
        self._clear()
        for step in self.steps:
            if step["step"] not in self._undone:
                self._apply(step)

    def _apply(self, step: dict[str, Any]) -> None:
        do, pictures, label = step["do"], step.get("pictures", ()), step.get("label", "")
        if do in ("label", "add"):
            self._know([label])
        if do == "label":
            self.aside.difference_update(pictures)
            self.of.update(dict.fromkeys(pictures, label))
            for picture in step.get("rejected", ()):
                self.excluded.setdefault(picture, set()).add(label)
        elif do == "aside":
            self.aside.update(pictures)
        if do in ("not", "aside", "open"):
            for picture in pictures:
                self.of.pop(picture, None)
        if do == "not":
            for picture in pictures:
                self.excluded.setdefault(picture, set()).add(label)
        elif do == "open":
            self.aside.difference_update(pictures)
        elif do == "remove" and label in self.labels and label not in self.of.values():
            self.labels.remove(label)
        elif do == "rename" and label in self.labels:
            self._rename(label, step["to"])

    def _know(self, labels: Sequence[str]) -> None:
        self.labels += [label for label in labels if label not in self.labels]

    def _rename(self, label: str, to: str) -> None:
        if to == label:
            return
        if to in self.labels:
            self.labels.remove(label)
        else:
            self.labels[self.labels.index(label)] = to
        for picture, own in self.of.items():
            if own == label:
                self.of[picture] = to
        for names in self.excluded.values():
            if label in names:
                names.discard(label)
                names.add(to)
