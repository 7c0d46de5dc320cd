"""What a layer has learned, as pictures: kernels that see the pixels in colour, deeper ones plane by plane, templates of a linear classifier.

    seen by pixels    ∂y / ∂pixel: the kernel with the normalization of the file in it (mean and deviation, grey of colours), so that
                      it can be looked at like the picture; batch norm that lies behind it in the file is taken in, too
    deeper            the weights as they are, a plane for each input channel

No picture is needed. A layer is called by its stage (`conv1`), or by its own name; of a stage with several layers the first is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.draw.theme import LIGHT, PictureFormat, Theme
from vitreous.errors import ModelError, UsageError, nearest
from vitreous.infer.network import Network
from vitreous.inside.filters.kernels import LAYERS, Form, kernels_of, outputs_of, weight_of
from vitreous.inside.number import plain
from vitreous.inside.stages import learned, parts
from vitreous.inside.telling import aligned, figure
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk, read_walk
from vitreous.layers.window import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COUNT, MOST = 64, 1024  # kernels that are shown at a time
_LONGEST = 80
# Of the usual length: what is shorter does nothing, and its colours would be those of noise.
_SILENT = 1e-3


@dataclass(frozen=True, eq=False)
class Moment:
    """The network at a moment of its training, such as "before" or "epoch 3"."""

    name: str
    walk: Walk


@dataclass(frozen=True, eq=False, repr=False)
class Filters:
    """`kernels` [T, M, …]: of each moment those that are shown, the `first` and following ones of `total`; each [h, w, 3] seen by pixels, [C, h, w]
    deeper, [D] where nothing lies on rows and columns. `names` [M]: labels, or numbers."""

    network: Network
    stage: str
    layer: str
    weight: str
    form: Form
    kernels: Array
    names: Sequence[str]
    first: int
    total: int
    moments: Sequence[str]
    others: Sequence[str]
    note: str

    @cached_property
    def norms(self) -> Array:
        """The length √Σw² of each kernel at the last moment: [M]."""
        norms: Array = np.sqrt(np.square(self.kernels[-1].reshape(len(self.names), -1).astype(np.float64)).sum(1))
        return norms

    @cached_property
    def silent(self) -> Array:
        """Which kernels are next to nothing at the last moment: [M]."""
        return np.asarray(self.norms <= _SILENT * float(np.median(self.norms)))

    @property
    def scale(self) -> str:
        """What the colours say."""
        if self.form == "colour":
            return "mid grey is 0, brighter raises the number, darker lowers it; each on its own scale, whose end is written below it"
        return "blue above zero, orange below; each on its own scale" if self.form == "planes" else "blue above zero, orange below, all on one scale"

    @property
    def title(self) -> str:
        shape = " × ".join(map(str, self.kernels.shape[2:4] if self.form == "colour" else self.kernels.shape[3:]))
        what = {
            "colour": f"{shape} pixels",
            "planes": f"{self.kernels.shape[2]:,} × {shape}" if self.kernels.shape[2] > 1 else shape,
            "matrix": plural(self.kernels.shape[2], "number"),
        }[self.form]
        kernel = "template" if self.form != "matrix" and self.is_template else "kernel"
        return f"{visible(self.stage)} has {plural(self.total, kernel)} of {what}"

    @property
    def is_template(self) -> bool:
        """As large as the picture."""
        return bool(self.kernels.shape[-2 if self.form == "planes" else -3] == self.network.view.size)

    def lines(self) -> list[str]:
        last = self.first + len(self.names) - 1
        shown = [self.title, f"{visible(self.weight)} of {visible(self.layer)}: {self.note}"]
        if len(self.names) < self.total:
            shown.append(f"shown: {self.first} to {last}; --first {last + 1} goes on" if last + 1 < self.total else f"shown: {self.first} to {last}")
        if silent := int(self.silent.sum()):
            shown.append(f"{silent:,} of these {'is' if silent == 1 else 'are'} next to nothing: shorter than a thousandth of the usual length")
        shown += [self.moves] if self.moves else []
        rows = [["", "length", "smallest", "largest"]]
        for name, norm, kernel in zip(self.names, self.norms, self.kernels[-1], strict=True):
            rows.append([visible(name), *map(figure, (norm, kernel.min(), kernel.max()))])
        shown += ["", *aligned(rows, left=1)]
        if self.others:
            shown += ["", f"more layers of {visible(self.stage)}: {', '.join(map(visible, self.others))}"]
        return shown

    @property
    def moves(self) -> str:
        """How far the kernels went from the first moment on, in words; "" where there is one moment only."""
        if len(self.moments) < 2:
            return ""
        before = self.kernels[0].astype(np.float64)
        length = float(np.sqrt(np.square(before).sum()))
        moved = [float(np.sqrt(np.square(kernels - before).sum())) for kernels in self.kernels[1:]]
        *earlier, all_of_it = [f"{each / length:.0%}" if length > 0 else figure(each) for each in moved]
        said = f"by {all_of_it} of their length" if length > 0 else f"by a length of {all_of_it} from 0"
        until = ", ".join(f"{each} until {visible(name)}" for each, name in zip(earlier, self.moments[1:-1], strict=True))
        return f"training moved them {said}" + (f", {until}" if until else "")

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """The kernels as the bytes of a picture file."""
        from vitreous.inside.inside import sharp

        return sharp(self._figure(theme), form)

    def _figure(self, theme: Theme) -> "Figure":
        from vitreous.inside.filters.pictures import filters_of

        return filters_of(self, theme)

    def to_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "layer": self.layer,
            "weight": self.weight,
            "form": self.form,
            "note": self.note,
            "total": self.total,
            "first": self.first,
            "names": list(self.names),
            "shape": list(self.kernels.shape[2:]),
            "moments": [
                {"name": name, "kernels": [[plain(each) for each in kernel.ravel()] for kernel in kernels]}
                for name, kernels in zip(self.moments, self.kernels, strict=True)
            ],
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        from vitreous.inside.inside import inline

        return f"<pre>{escape(repr(self))}</pre>{inline(self.picture(), 'learned filters')}"


def filters(network: Network, stage: str | None = None, first: int = 0, count: int = COUNT, earlier: Sequence[Moment] = ()) -> Filters:
    """The kernels `first` to `first + count` of a stage's first layer that learns; of the network's first layer where no stage is named.

    `earlier`: the same network at other moments, for the same layer beside it.
    Raises UsageError for a stage that there is not, with the nearest names, and for one that learns nothing; ModelError as `read_walk`.
    """
    walk = read_walk(network.data)
    nodes = [node for node in walk.nodes if node.kind in LAYERS and learned(node, walk)]
    if not nodes:
        raise ModelError(f"{visible(network.path.name)} has no kernels", "no convolution and no fully connected layer with weights")
    called = _called(nodes, stage)
    node = called[0]
    total = outputs_of(node, walk)
    if not 0 <= first < total:
        raise UsageError(f"there is no kernel {first}", f"{visible(node.outputs[0])} has {total:,}", f"0 to {total - 1}")
    rows = range(first, min(total, first + max(1, min(count, MOST))))
    form, note, kernels = kernels_of(walk, node, rows, network.view.size)
    shown, names = [], []
    for moment in earlier:
        twin = next((each for each in moment.walk.nodes if each.outputs[:1] == node.outputs[:1]), None)
        own = kernels_of(moment.walk, twin, rows, network.view.size)[2] if twin else None
        if own is not None and own.shape == kernels.shape:
            shown.append(own)
            names.append(moment.name)
    labels = network.labels
    of_classes = len(labels) == total and node.outputs[0] in ("logits", "logits.tempered", "probability")
    return Filters(
        network,
        stage or ".".join(parts(node.outputs[0], node.kind)),
        node.outputs[0],
        weight_of(node, walk),
        form,
        np.stack([*shown, kernels]),
        [labels[k] if of_classes else str(k) for k in rows],
        first,
        total,
        [*names, "now" if not names else "after"],
        [each.outputs[0] for each in called[1:]],
        note,
    )


def _called(nodes: Sequence[Node], stage: str | None) -> list[Node]:
    """The layers that a name stands for: all of a stage, or the one of that name."""
    if stage is None:
        return [nodes[0]]
    named: dict[str, list[Node]] = {}
    for node in nodes:
        own = parts(node.outputs[0], node.kind)
        for name in dict.fromkeys([node.outputs[0], *(".".join(own[:depth]) for depth in range(1, len(own) + 1))]):
            named.setdefault(name, []).append(node)
    for name in (stage, stage.removesuffix(".weight"), stage.removeprefix("stages.")):
        if name in named:
            return named[name]
    remedy = nearest(stage[:_LONGEST], named)
    raise UsageError(f"the network has no layer {visible(stage[:_LONGEST])!r} that learns", remedy=remedy)
