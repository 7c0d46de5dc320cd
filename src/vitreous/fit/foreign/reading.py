"""An ONNX file from anywhere, made whole: weights from a second file merged in, functions inlined, and what cannot be used refused.

Format: onnx.proto; a message ends at 2 GiB, so larger networks keep their weights in a second file ("external data").
"""

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.layers.soundness import require_sound

_MOST_BYTES = 2**31 - 1
# Sub and Mul broadcast, and Gemm adds a bias, as they are used here from this operator set on (2017).
_LEAST_OPSET = 7
_STARTS = {
    b"PK\x03\x04": ("an archive, perhaps weights of torch or Keras", "export the network to ONNX, for instance with torch.onnx.export"),
    b"\x80\x02": ("a pickle, perhaps weights of torch", "export the network to ONNX, for instance with torch.onnx.export"),
    b"\x89HDF": ("an HDF5 file, perhaps of Keras", "convert it with tf2onnx"),
    b"version https://git-lfs": ("the placeholder of a large file", "fetch the file itself: git lfs pull"),
    b"<": ("text, perhaps a web page", "download the file itself"),
    b"{": ("text", "give the ONNX file"),
    b"\0": ("zeros at its beginning, perhaps of a download that did not end", "fetch it again"),
}
_LONGEST_START = max(map(len, _STARTS))


@dataclass(frozen=True)
class ForeignFile:
    """`model`: a ModelProto in one piece. `sha256`: of the file, and of its second file where there is one."""

    name: str
    model: Any
    sha256: str
    opset: int

    @property
    def graph(self) -> Any:
        return self.model.graph

    def constants(self) -> set[str]:
        """The tensors that do not depend on the input."""
        names = {each.name for each in self.graph.initializer} | {each.values.name for each in self.graph.sparse_initializer}
        for node in self.graph.node:
            if all(name in names for name in uses(node)):
                names.update(node.output)
        return names


def read_model(path: Path) -> ForeignFile:
    """Raises ModelError for what cannot be read, is no ONNX network, is damaged, unsound, too large, or newer than the installed onnx."""
    from onnx import load_model_from_string

    name = visible(path.name) or visible(str(path))
    data = _read(path, name)
    try:
        model = load_model_from_string(data)
    except Exception:  # protobuf's own exceptions differ between its versions
        raise ModelError(
            f"{name} is no ONNX network, or damaged", f"{len(data):,} bytes that do not read as one", "an ONNX file", "export or fetch it again"
        ) from None
    if not model.graph.node or not model.graph.output:
        raise ModelError(f"{name} is no ONNX network", f"{len(data):,} bytes without nodes or outputs", "an ONNX file")
    opset = _opset(model, name)
    digest = hashlib.sha256(data)
    _merge_external(model, path, name, digest)
    try:
        if model.functions:
            from onnx.inliner import inline_local_functions

            model = inline_local_functions(model)
        require_sound(model.graph, name)
        if opset < _LEAST_OPSET:
            from onnx.version_converter import convert_version

            model, opset = convert_version(model, 13), 13
    except ModelError:
        raise
    except Exception as error:  # the converters raise many kinds
        reason = visible((str(error).splitlines() or [type(error).__name__])[0].rpartition("failed: ")[2][:150].rstrip("."))
        arrived, needed = f"operator set {opset}; {reason}", f"{_LEAST_OPSET} or above"
        raise ModelError(f"{name} cannot be brought up to date", arrived, needed, "export it again") from None
    return ForeignFile(name, model, digest.hexdigest(), opset)


def free_batch(file: ForeignFile, batch: int) -> ForeignFile:
    """The file with every Reshape to a fixed shape of `batch` rows made to keep the rows that come in (0 in ONNX)."""
    import numpy as np
    from onnx import ModelProto, numpy_helper

    model = ModelProto()
    model.CopyFrom(file.model)
    weights = {each.name: each for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            weights[node.output[0]] = node.attribute[0].t
    for number, node in enumerate(model.graph.node):
        if node.op_type != "Reshape" or len(node.input) < 2 or node.input[1] not in weights:
            continue
        shape = numpy_helper.to_array(weights[node.input[1]]).copy()
        if shape.ndim == 1 and len(shape) > 1 and shape[0] == batch and shape.all():
            shape[0] = 0
            del node.attribute[:]  # torch sets the only one, allowzero, which would make 0 a size
            node.input[1] = f"reshape.{number}.rows_kept"  # the old shape may be shared
            model.graph.initializer.append(numpy_helper.from_array(shape.astype(np.int64), node.input[1]))
    return replace(file, model=model)


def uses(node: Any) -> Iterator[str]:
    """The tensors that a node reads, those of the graphs inside it included."""
    yield from (name for name in node.input if name)
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from uses(inner)
            yield from (each.name for each in graph.output)


def _read(path: Path, name: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"cannot read the network {name}", "a folder" if path.is_dir() else "no regular file", "an ONNX file")
        if status.st_size > _MOST_BYTES:
            raise _too_large(name, status.st_size)
        with path.open("rb") as stream:
            start = stream.read(_LONGEST_START)
            for known, (found, remedy) in _STARTS.items():
                if start.startswith(known):
                    raise ModelError(f"{name} is no ONNX network", found, "an ONNX file", remedy)
            return start + stream.read()
    except (OSError, ValueError) as error:
        raise ModelError(
            f"cannot read the network {name}", getattr(error, "strerror", None) or str(error), "an ONNX file", "check the path"
        ) from None


def _opset(model: Any, name: str) -> int:
    from onnx import IR_VERSION
    from onnx.defs import onnx_opset_version

    opset = max((int(each.version) for each in model.opset_import if each.domain in ("", "ai.onnx")), default=1)
    newest = onnx_opset_version()
    if opset < 1:
        raise ModelError(f"{name} is no ONNX network, or damaged", f"operator set {opset}", f"1 to {newest}", "export or fetch it again")
    if opset > newest or model.ir_version > IR_VERSION:
        raise ModelError(
            f"{name} is newer than what is installed",
            f"operator set {opset}, format {model.ir_version}",
            f"at most {newest} and {IR_VERSION}",
            f"export it with opset_version={min(newest, 20)}, or pip install --upgrade onnx openvino",
        )
    return opset


def _merge_external(model: Any, path: Path, name: str, digest: Any) -> None:
    """Bring the weights that lie in files beside `path` into the model."""
    from onnx.external_data_helper import load_external_data_for_model

    places = sorted({place for tensor in _tensors(model.graph) if (place := _location(tensor)) is not None})
    if not places:
        return
    total = 0
    for place in places:
        file, shown = path.parent / place, visible(place)
        if Path(place).is_absolute() or ".." in Path(place).parts or "\0" in place:
            raise ModelError(f"cannot read the weights of {name}", f"they are said to lie at {shown}", "a file beside the network")
        if not file.is_file():
            raise ModelError(f"{name} is not complete", f"its weights lie in {shown}, which is not there", "both files", f"put {shown} beside {name}")
        total += file.stat().st_size
    if total + model.ByteSize() > _MOST_BYTES:
        raise _too_large(name, total + model.ByteSize())
    try:
        for place in places:
            with (path.parent / place).open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        load_external_data_for_model(model, str(path.parent))
    except Exception as error:  # onnx's checker, numpy and the system each raise their own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"cannot read the weights of {name}", reason[:150], "the file of weights as it was exported", "export it again") from None
    for tensor in _tensors(model.graph):
        if _location(tensor) is not None and tensor.data_location == tensor.EXTERNAL:
            raise ModelError(f"cannot read the weights of {name}", f"{visible(tensor.name)} stays outside", remedy="export it in one file")


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)


def _location(tensor: Any) -> str | None:
    if tensor.data_location != tensor.EXTERNAL:
        return None
    return next((each.value for each in tensor.external_data if each.key == "location"), "")


def _too_large(name: str, size: int) -> ModelError:
    return ModelError(f"{name} is too large", f"{size / 1e9:.1f} GB with its weights", "less than 2.1 GB in all", "export it with fp16 weights")
