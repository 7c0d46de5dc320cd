"""OpenVINO: asynchronous requests over static batches, and a cache of compiled networks.

Two things OpenVINO does by itself are prevented here: `import openvino` reports usage over the network and writes into
the home folder (its `openvino_telemetry`; it has a stub for when that is not installed), and its own cache takes a
damaged file without notice, so the compiled network is kept by us, with a checksum.
"""

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from vitreous.errors import StorageError
from vitreous.infer.engine import Batch, Outputs, Setting, said_as_model_error
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.storage.atomic import write_atomically
from vitreous.storage.cache import COMPILED_MODELS, bound, cache_folder, touch

_DIGEST = 16


@cache
def openvino() -> Any:
    """The module, imported so that it neither sends nor writes anything."""
    modules: dict[str, Any] = sys.modules
    # None makes the import of this name fail, which openvino meets with its own do-nothing stub
    modules.setdefault("openvino_telemetry", None)
    # the converter, which nothing here uses, is half of the import's time; openvino does without it where it is not to be had
    converter_was_there = "openvino.tools.ovc" in modules
    modules.setdefault("openvino.tools.ovc", None)
    try:
        import openvino as module
    finally:
        if not converter_was_there:
            del modules["openvino.tools.ovc"]  # whoever wants it can still import it
    return module


def native_bf16() -> bool:
    """Whether this processor multiplies bf16 numbers itself."""
    return "BF16" in openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenvinoEngine:
    """See `vitreous.infer.engine.Engine`."""

    def __init__(self, network: Network, setting: Setting, outputs: tuple[str, ...], size: int, keep: bool = True) -> None:
        self.setting = setting
        with said_as_model_error(network):
            compiled = _compiled(network, setting, outputs, size, keep)
            self._ports = [(name, compiled.output(name)) for name in outputs]
            self._queue = openvino().AsyncInferQueue(compiled)
        self._queue.set_callback(self._done)
        self._failure: BaseException | None = None

    def submit(self, batch: Batch, done: Callable[[Outputs], None]) -> None:
        self._queue.start_async([batch], done)

    def finish(self) -> None:
        self._queue.wait_all()
        if self._failure is not None:
            raise self._failure

    def _done(self, request: Any, done: Callable[[Outputs], None]) -> None:
        # an exception here would end the process: it is kept and raised by `finish`
        try:
            done({name: request.get_tensor(port).data for name, port in self._ports})
        except BaseException as failure:
            self._failure = failure


def _compiled(network: Network, setting: Setting, outputs: tuple[str, ...], size: int, keep: bool) -> Any:
    """The compiled network, from the cache where it is there and whole."""
    core = openvino().Core()
    config = {
        "INFERENCE_PRECISION_HINT": setting.number_format,
        "NUM_STREAMS": setting.streams,
        "INFERENCE_NUM_THREADS": this_machine().cores,
        "PERF_COUNT": False,
    }
    folder = cache_folder("compiled") if keep else None
    key = repr((network.fingerprint, sorted(config.items()), outputs, setting.batch, size, openvino().get_version(), this_machine().key))
    file = folder / f"{hashlib.blake2b(key.encode(), digest_size=12).hexdigest()}.blob" if folder else None
    if file and (blob := _read(file)):
        try:
            compiled = core.import_model(BytesIO(blob), "CPU", config)
            touch(file)
            return compiled
        except RuntimeError:
            pass  # made by another build of OpenVINO: compile it again
    model = core.read_model(network.data)
    there = {name for output in model.outputs for name in output.names}
    if inner := [name for name in outputs if name not in there]:
        model.add_outputs(inner)
    for output in list(model.outputs):
        if not output.names & set(outputs):
            model.remove_result(output.node)
    model.reshape({model.inputs[0]: [setting.batch, size, size, 3]})
    compiled = core.compile_model(model, "CPU", config)
    if file and folder:
        _write(file, compiled)
        bound(folder, COMPILED_MODELS, keep=file)
    return compiled


def _read(file: Path) -> bytes | None:
    """The cached bytes, if they are there and are those that were written."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    digest, blob = content[:_DIGEST], content[_DIGEST:]
    return blob if hashlib.blake2b(blob, digest_size=_DIGEST).digest() == digest else None


def _write(file: Path, compiled: Any) -> None:
    buffer = BytesIO()
    compiled.export_model(buffer)
    blob = buffer.getvalue()
    try:
        write_atomically(file, hashlib.blake2b(blob, digest_size=_DIGEST).digest() + blob)
    except StorageError:
        return  # a full disk only costs the next start some tenths of a second
