"""Which input of a network is the picture: its layout, colours, size and number format.

NCHW is [pictures, colours, height, width], NHWC has the colours last; the axis that is 3 or 1 long tells them apart.
"""

from dataclasses import dataclass
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.fit.foreign.metadata import Metadata
from vitreous.fit.foreign.options import MOST_SIDE, Colours, ForeignOptions, Layout
from vitreous.fit.foreign.reading import ForeignFile

USUAL_SIDE = 224
_WHOLE_NUMBERS = ("UINT8", "INT32", "INT64")
_FLOATS = ("FLOAT", "FLOAT16", "DOUBLE", "BFLOAT16")


@dataclass(frozen=True)
class ImageInput:
    """`channels`: 3 colours or 1 grey. `size`: the side in pixels where the file fixes it. `batch`: the number of pictures where the
    file fixes it. `kind`: the ONNX name of its number format. `others`: the inputs that are no picture."""

    name: str
    layout: Layout
    channels: int
    colours: Colours
    size: int | None
    batch: int | None
    kind: str
    others: tuple[str, ...]
    why: tuple[str, ...]

    @property
    def whole_numbers(self) -> bool:
        return self.kind in _WHOLE_NUMBERS


def image_input(file: ForeignFile, options: ForeignOptions, metadata: Metadata) -> ImageInput:
    """Raises ModelError where there is no picture among the inputs, or several, or one of a shape that cannot be given."""
    constants = {each.name for each in file.graph.initializer}
    inputs = [each for each in file.graph.input if each.name not in constants]
    shapes = {each.name: _shape(each) for each in inputs}
    pictures = [each for each in inputs if _may_be_picture(shapes[each.name])]
    if len(pictures) > 1:
        pictures = [each for each in pictures if _kind(each) in _FLOATS + _WHOLE_NUMBERS and shapes[each.name] is not None]
    if not pictures:
        raise _no_picture(file.name, shapes)
    if len(pictures) > 1:
        found = ", ".join(f"{visible(each.name)} {_written(shapes[each.name])}" for each in pictures)
        raise ModelError(f"{file.name} wants several pictures at once", found, "one picture", "cut out the part of the network that sees one")
    (picture,) = pictures
    kind = _kind(picture)
    if kind not in _FLOATS + _WHOLE_NUMBERS:
        raise ModelError(f"the picture of {file.name} is of type {kind.lower()}", needed="float, float16 or uint8", remedy="export it again in one")
    shape = shapes[picture.name] or [None] * 4
    layout, channels, why = _layout(file, picture.name, shape, options)
    height, width = shape[2:] if layout == "NCHW" else shape[1:3]
    if height and width and height != width:
        arrived = f"{height} × {width} pixels"
        raise ModelError(f"the picture of {file.name} is not square", arrived, "as high as wide", "export it with open (dynamic) sizes")
    if (height or width or 1) > MOST_SIDE:
        raise ModelError(f"the picture of {file.name} is too large", f"{height or width} pixels a side", f"at most {MOST_SIDE:,}")
    colours = options.colours or metadata.colours or "rgb"
    sentences = [f"input {visible(picture.name)!r} {_written(shape)} {kind.lower()}: layout {layout}, {why}"]
    if channels == 1:
        sentences.append("it sees grey pictures: colours are weighted 0.299, 0.587, 0.114")
    elif colours == "bgr":
        sentences.append(f"it sees blue, green, red in this order ({'as given' if options.colours else 'by ' + metadata.origin})")
    others = tuple(each.name for each in inputs if each.name != picture.name)
    return ImageInput(picture.name, layout, channels, colours, height or width, shape[0], kind, others, tuple(sentences))


def side_of(image: ImageInput, options: ForeignOptions, metadata: Metadata) -> tuple[int, int, str]:
    """The side of the picture, the short side that it is cut from, and why."""
    share = (metadata.short_side or 0) / metadata.size if metadata.size else 0
    if options.size:
        size, why = options.size, "as given"
    elif image.size:
        size, why = image.size, "fixed in the file"
    elif metadata.size:
        size, why = metadata.size, f"by {metadata.origin}"
    else:
        size, why = USUAL_SIDE, f"the file leaves it open; {USUAL_SIDE} is usual, --size sets another"
    return size, max(size, round(size * share)), f"size {size} × {size}: {why}"


def reached_from(file: ForeignFile, start: str) -> Any:
    """The nodes that read the tensor `start`, in order."""
    return (node for node in file.graph.node if start in node.input)


def _layout(file: ForeignFile, name: str, shape: list[int | None], options: ForeignOptions) -> tuple[Layout, int, str]:
    """Layout, number of colours, and how they are known."""
    first, last = shape[1], shape[3]
    by_layers = _by_layers(file, name)
    if options.layout:
        layout, why = options.layout, "as given"
    elif first in (1, 3) and (last not in (1, 3) or shape[2] == last):
        layout, why = "NCHW", f"since axis 1 is {first} long"
    elif last in (1, 3) and first not in (1, 3):
        layout, why = "NHWC", f"since axis 3 is {last} long"
    elif by_layers:
        layout, why = by_layers[0], "by its first layers"
    elif first is None or last is None:
        layout, why = "NCHW", "the usual one; --layout sets the other"
    else:
        raise _wrong_channels(file.name, first if first < last else last, _written(shape))
    channels = first if layout == "NCHW" else last
    if channels is None:
        channels = by_layers[1] if by_layers else 3
    if channels not in (1, 3):
        raise _wrong_channels(file.name, channels, _written(shape))
    return layout, channels, why


def _by_layers(file: ForeignFile, name: str) -> tuple[Layout, int] | None:
    """Layout and colours as the first convolution wants them, through what stands before it."""
    weights = {each.name: list(each.dims) for each in file.graph.initializer}
    layout: Layout = "NCHW"
    for _ in range(12):
        node = next(reached_from(file, name), None)
        if node is None:
            return None
        if node.op_type == "Transpose" and any(list(each.ints) == [0, 3, 1, 2] for each in node.attribute):
            layout = "NHWC"
        if node.op_type == "Conv":
            shape = weights.get(node.input[1], [])
            groups = next((each.i for each in node.attribute if each.name == "group"), 1)
            return (layout, shape[1] * groups) if len(shape) == 4 else None
        name = node.output[0]
    return None


def _may_be_picture(shape: list[int | None] | None) -> bool:
    return shape is None or len(shape) == 4


def _no_picture(name: str, shapes: dict[str, list[int | None] | None]) -> ModelError:
    found = ", ".join(f"{visible(each)} {_written(shape)}" for each, shape in shapes.items()) or "no input at all"
    lengths = [len(shape) for shape in shapes.values() if shape is not None]
    needed = "a picture [N, 3, H, W] or [N, H, W, 3]"
    if 5 in lengths:
        return ModelError(f"{name} sees video", found, needed, "take a network for single pictures")
    if 3 in lengths and any(shape and len(shape) == 3 and (shape[0] in (1, 3) or shape[2] in (1, 3)) for shape in shapes.values()):
        return ModelError(f"{name} has no axis for the number of pictures", found, needed, "export it with a dynamic batch")
    what = "sees text or numbers, no pictures" if lengths else "has no picture among its inputs"
    return ModelError(f"{name} {what}", found, needed, "take a network for pictures")


def _wrong_channels(name: str, channels: int, shape: str) -> ModelError:
    what = f"{channels} channels" if 1 < channels < 20 else "no axis that is 3 or 1 long"
    return ModelError(f"{name} sees no colour picture", f"{what}, shape {shape}", "3 channels (RGB) or 1 (grey)", "take another network")


def _shape(value: Any) -> list[int | None] | None:
    """The sizes, None where one is open; None where even the number of axes is."""
    if not value.type.tensor_type.HasField("shape"):
        return None
    return [each.dim_value if each.HasField("dim_value") and each.dim_value > 0 else None for each in value.type.tensor_type.shape.dim]


def _kind(value: Any) -> str:
    from onnx import TensorProto

    return str(TensorProto.DataType.Name(value.type.tensor_type.elem_type))


def _written(shape: list[int | None] | None) -> str:
    return "of unknown shape" if shape is None else "[" + ", ".join("any" if size is None else str(size) for size in shape) + "]"
