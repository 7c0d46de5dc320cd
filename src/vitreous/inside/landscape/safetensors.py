"""Arrays of a .safetensors file, without torch.

The format: 8 bytes, the length of a header; the header, JSON with type, shape and place of each array; the arrays.
Source: https://github.com/huggingface/safetensors, "Format".
"""

import json
from typing import Any

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.inside.landscape.plane import Array

_TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64}  # whole numbers: how many batches a norm has seen


def safetensors(data: bytes, named: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """Arrays by name, and the file's own facts. Raises RunError for other bytes."""
    try:
        length = int.from_bytes(data[:8], "little")
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
        facts = header.pop("__metadata__", {})
        arrays = {}
        for name, each in header.items():
            first, end = (8 + length + int(place) for place in each["data_offsets"])
            arrays[name] = np.frombuffer(data[first:end], _TYPES[each["dtype"]]).reshape(each["shape"])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise RunError(f"{visible(named)} holds no weights", "bytes that do not read as such", "a file in the safetensors format") from None
    return arrays, facts
