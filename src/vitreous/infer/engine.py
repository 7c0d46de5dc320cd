"""A network becomes the fastest callable of this machine.

OpenVINO runs it (onnxruntime where OpenVINO is not installed). The number format is the one stored with the network,
or the one asked for, or fp32; how many pictures go in at once is the caller's knowledge, since it knows how many come.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vitreous.errors import ModelError, UsageError, VitreousError
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network

NumberFormat = Literal["f32", "bf16"]
Outputs = dict[str, NDArray[np.float32]]
# Grey levels as they come, or those of a network of ours that takes what lies between them.
Batch = NDArray[np.uint8] | NDArray[np.float32]
NUMBER_FORMATS: tuple[NumberFormat, ...] = ("f32", "bf16")
ENGINES = ("auto", "openvino-f32", "openvino-bf16", "onnxruntime")


@dataclass(frozen=True)
class Setting:
    """How a network is run: by which library, in which numbers, how many pictures at once, in how many streams.

    `rate`: pictures per second at full load, where it was measured.
    """

    library: Literal["openvino", "onnxruntime"]
    number_format: NumberFormat
    batch: int
    streams: int
    reason: str = ""
    rate: float | None = None

    def __str__(self) -> str:
        numbers = "fp32" if self.number_format == "f32" else self.number_format
        how = f"{self.library} {numbers}, {self.batch} at once in {self.streams} stream{'s' if self.streams > 1 else ''}"
        return f"{how} ({self.reason})" if self.reason else how


class Engine(Protocol):
    """Runs batches side by side. `submit` may return before the batch is done; `done` is called once for each, from any thread."""

    setting: Setting

    def submit(self, batch: Batch, done: Callable[[Outputs], None]) -> None: ...

    def finish(self) -> None: ...


def parse_engine(text: str) -> tuple[Literal["openvino", "onnxruntime"] | None, NumberFormat | None]:
    """The library and number format that `--engine` names; None for what is left to measuring."""
    if text not in ENGINES:
        raise UsageError(f"unknown engine {text!r}", needed="one of " + ", ".join(ENGINES))
    if text == "auto":
        return None, None
    if text == "onnxruntime":
        return "onnxruntime", "f32"
    return "openvino", "bf16" if text.endswith("bf16") else "f32"


def default_setting(count: int, number_format: NumberFormat = "f32", library: str | None = None) -> Setting:
    """The setting by capability alone, for `count` pictures: one by one for few, else eight at once, a stream per core."""
    chosen = _library(library)
    cores = this_machine().cores
    if count < 8 * cores:
        return Setting(chosen, number_format, 1, min(cores, max(1, count)) if chosen == "openvino" else 1, "few pictures")
    return Setting(chosen, number_format, 8, cores if chosen == "openvino" else 1, f"{this_machine().instructions}, {cores} cores")


def start_engine(
    network: Network, setting: Setting, outputs: tuple[str, ...] = ("probability",), size: int | None = None, keep: bool = True
) -> Engine:
    """Compile `network` for pictures of `size` pixels a side (its own size where none is given), giving these outputs; any value inside
    the network may be one of them. `keep`: for a network that will be asked again, by another process; the compiled one is then kept in
    the cache folder. Raises ModelError where the library refuses the file.
    """
    size = size or network.view.size
    if setting.library == "onnxruntime":
        from vitreous.infer.onnxruntime_engine import OnnxruntimeEngine

        return OnnxruntimeEngine(network, setting, outputs)
    from vitreous.infer.openvino_engine import OpenvinoEngine

    return OpenvinoEngine(network, setting, outputs, size, keep)


def run_batch(engine: Engine, pictures: Batch) -> Outputs:
    """All of `pictures` [N, S, S, 3] at once; the outputs in the same order."""
    batch, results = engine.setting.batch, {}
    for start in range(0, len(pictures), batch):
        part = pictures[start : start + batch]

        def keep(outputs: Outputs, start: int = start, length: int = len(part)) -> None:
            results[start] = {name: value[:length].copy() for name, value in outputs.items()}

        engine.submit(padded(part, batch), keep)
    engine.finish()
    names = next(iter(results.values())).keys() if results else ()
    return {name: np.concatenate([results[start][name] for start in sorted(results)]) for name in names}


def padded(part: Batch, batch: int) -> Batch:
    """`part` with rows of zeros up to `batch`: engines take one static shape."""
    if len(part) == batch:
        return part
    return np.concatenate([part, np.zeros((batch - len(part), *part.shape[1:]), part.dtype)])


@contextmanager
def said_as_model_error(network: Network) -> Iterator[None]:
    """What a library raises on a file that it cannot run becomes a ModelError with the first line of its reason."""
    try:
        yield
    except VitreousError:
        raise
    except Exception as error:  # each library has its own tree of exceptions, onnxruntime's begins at Exception
        cause = error.__cause__ or error.__context__
        if isinstance(cause, KeyboardInterrupt | SystemExit):  # Ctrl-C while a library was loaded: it says "initialization failed"
            raise cause from None
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        # OpenVINO begins with the places in its own source
        reason = next((line for line in lines if not line.startswith(("Exception from", "Check '"))), lines[0] if lines else type(error).__name__)
        raise ModelError(f"{network.path.name} cannot be run here", reason[:200], "a model.onnx as vitreous train writes it") from None


def _library(asked: str | None) -> Literal["openvino", "onnxruntime"]:
    from importlib.util import find_spec

    if asked == "onnxruntime" or (asked is None and find_spec("openvino") is None):
        if find_spec("onnxruntime") is None:
            raise UsageError("no inference engine is installed", needed="openvino or onnxruntime", remedy="pip install openvino")
        return "onnxruntime"
    return "openvino"
