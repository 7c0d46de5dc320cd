"""Dense features: the maps of a middle stage of a network, for canvases of several sizes, and which pixel each of their cells stands for."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import visible
from vitreous.errors import UsageError
from vitreous.infer.engine import Engine, default_setting, run_batch, start_engine
from vitreous.infer.network import Network
from vitreous.inside.stages import Stage, stage_called, stages
from vitreous.inside.strongest.points import blank
from vitreous.layers.walk import read_walk
from vitreous.retrieval.matching.homography import Floats

Cells = NDArray[np.float32]

# Of the shipped network: 40 channels, a cell every 8 pixels, each seeing 67. Without a name, the last stage of a network with such cells.
CELL = 8
_MANY = 10_000  # pictures, by which an engine is set


@dataclass(eq=False)
class Mapper:
    """Maps of `stage`; `batch` canvases go through at once. Engines are started when a size is first asked for."""

    network: Network
    stage: Stage
    batch: int = 8
    _engines: dict[tuple[int, int], Engine] = field(default_factory=dict)

    @property
    def stride(self) -> int:
        """Pixels from one cell to the next: of the stage, or CELL where its own are closer."""
        assert self.stage.field is not None
        return self.stage.field.stride[0] * self._together

    @property
    def _together(self) -> int:
        """So many cells a side of the stage are taken together by their mean: all pairs of cells are compared, which few pixels each are too many."""
        assert self.stage.field is not None
        return max(1, CELL // self.stage.field.stride[0])

    def maps(self, canvases: NDArray[np.uint8]) -> Cells:
        """float32 [N, h, w, C] for `canvases` uint8 [N, S, S, 3]."""
        size, many = canvases.shape[1], len(canvases) >= self.batch
        key = size, self.batch if many else 1
        if key not in self._engines:
            setting = default_setting(_MANY if many else 1)
            self._engines[key] = start_engine(self.network, setting, (self.stage.value,), size)
        value = run_batch(self._engines[key], canvases)[self.stage.value]
        axes = self.stage.field.axes if self.stage.field and self.stage.field.axes else (2, 3)
        return _means(np.moveaxis(value, axes, (1, 2)), self._together)

    def centres(self, shape: tuple[int, int]) -> Floats:
        """The middle of what each cell sees, [h, w, 2], in pixels of the canvas."""
        seen = self.stage.field
        assert seen is not None
        n = self._together
        y, x = (seen.offset[k] + seen.stride[k] * (n * np.arange(shape[k]) + (n - 1) / 2) + seen.size[k] / 2 for k in (0, 1))
        return np.stack(np.meshgrid(x, y), -1)


def mapper(network: Network, name: str | None = None) -> Mapper:
    """Maps of the stage of this name, or of the one that suits.

    Raises UsageError for a name that there is not, and for a stage whose value is no map or has too few cells to tell places apart.
    """
    walk = read_walk(network.data)
    values = walk.values(blank(walk, network))
    if name is None:
        fitting = [each for each in stages(walk, values) if _is_map(each) and each.weights and each.field and max(each.field.stride) <= CELL]
        if not fitting:
            raise UsageError("this network has no stage to match by", visible(network.path.name), f"a map with a cell every {CELL} pixels or less")
        return Mapper(network, fitting[-1])
    stage = stage_called(walk, values, name)
    maps = [each.name for each in stages(walk, values) if _is_map(each) and each.weights]
    if not _is_map(stage):
        arrived = f"its value has shape {list(stage.shape)}" + ("" if stage.field else ", and each number sees the whole picture")
        raise UsageError(f"--stage {visible(name)} is no map", arrived, "a stage whose cells see a part of the picture", "one of " + ", ".join(maps))
    assert stage.field is not None
    if max(stage.field.stride) > 2 * CELL:
        few = f"a cell every {max(stage.field.stride)} pixels"
        raise UsageError(f"--stage {visible(name)} is too coarse to match by", few, f"at most {2 * CELL}", "one of " + ", ".join(maps[:4]))
    return Mapper(network, stage)


def _means(maps: Cells, n: int) -> Cells:
    """Of squares of `n` cells a side; what is left over at the end is dropped."""
    if n == 1:
        return np.ascontiguousarray(maps)
    N, h, w, C = maps.shape
    return np.asarray(maps[:, : h // n * n, : w // n * n].reshape(N, h // n, n, w // n, n, C).mean((2, 4)), np.float32)


def _is_map(stage: Stage) -> bool:
    return len(stage.shape) == 3 and stage.field is not None and stage.field.axes is not None and min(stage.shape[1:]) > 1
