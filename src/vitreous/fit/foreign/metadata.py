"""What a network's metadata say about the pictures it wants.

Read are the pairs in the file (`metadata_props`: ONNX's own image entries, Ultralytics, exports of timm, plain mean and std, JSON or a
Python literal in a value), Vitreous's own, and the file that Hugging Face lays beside a network (preprocessor_config.json, config.json).
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.fit.foreign.options import MOST_SIDE, Colours, Scale

_MEAN = ("mean", "image_mean", "img_mean", "pixel_mean", "norm_mean", "input_mean", "normalize_mean", "standardization_mean")
_STD = ("std", "image_std", "img_std", "pixel_std", "norm_std", "input_std", "normalize_std", "standardization_std", "stddev")
_CROP_SIZE = ("crop_size", "imgsz", "img_size", "image_size", "input_size", "input_shape", "size", "tiles_size")
_LICENCE = ("licence", "license", "model_license", "weights_license")
_RANGES: dict[str, Scale] = {"nominalrange_0_255": "0-255", "normalized_0_1": "0-1", "normalized_1_1": "-1-1"}
_BESIDE = ("preprocessor_config.json", "config.json")
_LONGEST = 1_000_000


@dataclass(frozen=True)
class Metadata:
    """None where nothing is said. `origin`: where it was read. `task`: what the network was trained for."""

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    scale: Scale | None = None
    colours: Colours | None = None
    size: int | None = None
    short_side: int | None = None
    licence: str | None = None
    task: str | None = None
    origin: str = "its metadata"


def read_metadata(model: Any, path: Path) -> Metadata:
    """From the model itself; from a file beside it where the model says nothing of its pictures."""
    inside = _understood(dict(_flat({pair.key: _parsed(pair.value) for pair in model.metadata_props})), "its metadata")
    if inside.mean is not None or inside.scale is not None:
        return inside
    folders = (path.parent, path.parent.parent) if path.parent.name == "onnx" else (path.parent,)
    for file in (folder / name for folder in folders for name in _BESIDE):
        try:
            if file.stat().st_size > _LONGEST:
                continue
            content = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        beside = _understood(dict(_flat(content)), f"{visible(file.name)} beside it") if isinstance(content, dict) else Metadata()
        if beside.mean is not None or beside.scale is not None:
            size, side = (inside.size, inside.short_side) if inside.size else (beside.size, beside.short_side)
            licence, task = inside.licence or beside.licence, inside.task or beside.task
            return Metadata(beside.mean, beside.std, beside.scale, inside.colours or beside.colours, size, side, licence, task, beside.origin)
    return inside


def _understood(said: dict[str, Any], origin: str) -> Metadata:
    mean, std = _first_numbers(said, _MEAN), _first_numbers(said, _STD)
    if std is not None and min(std) <= 0:
        std = None
    scale = _RANGES.get(str(said.get("image.nominalpixelrange", "")).lower())
    if _false(said.get("do_normalize")):
        mean, std = (0.0,), (1.0,)
        scale = scale or "0-1"
    if _false(said.get("do_rescale")):
        scale = "0-255"
    elif "ultralytics" in str(said.get("author", "")).lower() or "ultralytics" in str(said.get("description", "")).lower():
        scale = scale or "0-1"  # its networks see pixels divided by 255, and nothing else
    pixels = str(said.get("image.bitmappixelformat", said.get("color_format", said.get("channel_order", "")))).lower()
    colours: Colours | None = "bgr" if pixels.startswith("bgr") else "rgb" if pixels.startswith("rgb") else None
    size = next((side for key in _CROP_SIZE if (side := _side(said.get(key))) is not None), None)
    short_side = said["short_side"] if isinstance(said.get("short_side"), int) else _shortest(said.get("size"))
    if size is not None and isinstance(share := said.get("crop_pct"), (int, float)) and 0 < share <= 1:
        short_side = round(size / share)
    if short_side is not None and (size is None or not size <= short_side <= 4 * size):
        short_side = None
    task = said.get("task")
    return Metadata(mean, std, scale, colours, size, short_side, _licence(said), task.lower() if isinstance(task, str) else None, origin)


def _flat(content: dict[Any, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every key, in small letters, with its value; inner ones first, so that those further out win. Size entries stay whole."""
    for value in content.values():
        if isinstance(value, dict) and depth < 5:
            yield from _flat(value, depth + 1)
    for key, value in content.items():
        yield str(key).lower(), {str(inner).lower(): each for inner, each in value.items()} if isinstance(value, dict) else value


def _parsed(text: str) -> Any:
    """A JSON value or Python literal where the text is one, else the text."""
    if len(text) > _LONGEST:
        return text
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return text


def _first_numbers(said: dict[str, Any], keys: tuple[str, ...]) -> tuple[float, ...] | None:
    return next((numbers for key in keys if (numbers := _numbers(said.get(key))) is not None), None)


def _numbers(value: Any) -> tuple[float, ...] | None:
    """One or three finite numbers; also written "0.485, 0.456, 0.406"."""
    if isinstance(value, str):
        value = _parsed(f"[{value.strip().strip('[]()')}]")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, (list, tuple)) or len(value) not in (1, 3):
        return None
    try:
        numbers = tuple(float(each) for each in value)
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if all(isfinite(each) for each in numbers) else None


def _side(value: Any) -> int | None:
    """The side of a square, from 224, [224, 224], [3, 224, 224], {"height": 224, "width": 224} or a view of Vitreous."""
    if isinstance(value, dict):
        value = [value.get("height"), value.get("width")]
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value, value]
    if not isinstance(value, (list, tuple)) or not value or not all(type(each) is int for each in value):
        return None
    sides = [each for each in value if each > 4]  # without the axes of colours and pictures
    return sides[0] if sides and min(sides) == max(sides) <= MOST_SIDE else None


def _shortest(value: Any) -> int | None:
    edge = value.get("shortest_edge") if isinstance(value, dict) else None
    return edge if isinstance(edge, int) else None


def _licence(said: dict[str, Any]) -> str | None:
    found = next((said[key] for key in _LICENCE if isinstance(said.get(key), str) and said[key].strip()), None)
    return None if found is None or found.lower().startswith("unknown") else found.strip()[:200]


def _false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.lower() == "false")
