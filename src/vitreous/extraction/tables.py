"""Features as files: .npz for numpy, .parquet for data frames, .csv for whatever reads a table."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.text import csv_cell, visible
from vitreous.errors import UsageError
from vitreous.fit.head import Floats
from vitreous.storage.atomic import write_atomically

SUFFIXES = (".npz", ".csv", ".parquet")


def require_table(file: str) -> None:
    """Raises UsageError where no table can be written under this name, or what it takes is not installed."""
    suffix = Path(file).suffix.lower()
    if suffix not in SUFFIXES:
        arrived = f"its suffix is {visible(suffix)}" if suffix else "it has no suffix"
        raise UsageError(f"no features can be written to {visible(file)}", arrived, "a name that ends with " + ", ".join(SUFFIXES))
    if suffix == ".parquet":
        _pyarrow()


def write_table(file: Path, values: Floats, texts: Mapping[str, Sequence[str]], about: Mapping[str, Any]) -> None:
    """Write `values` float32 [N, D] and columns of texts [N]; `about` goes along where the format has room for it.

    Raises UsageError for another suffix, StorageError.
    """
    require_table(str(file))
    kind = file.suffix.lower()
    data = _npz(values, texts, about) if kind == ".npz" else _csv(values, texts) if kind == ".csv" else _parquet(values, texts, about)
    write_atomically(file, data)


def _npz(values: Floats, texts: Mapping[str, Sequence[str]], about: Mapping[str, Any]) -> bytes:
    """`features` [N, D], one array of texts [N] for each column, and `about`, a JSON text. No pickle."""
    stream = io.BytesIO()
    arrays = {name: np.array(column, dtype=np.str_) for name, column in texts.items()}
    np.savez(stream, allow_pickle=False, features=values, about=np.array(json.dumps(about)), **arrays)
    return stream.getvalue()


def _csv(values: Floats, texts: Mapping[str, Sequence[str]]) -> bytes:
    """A column for each text, then one for each feature, in as many digits as bring back the same float32."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*texts, *names(values.shape[1])])
    for number, row in enumerate(values):
        writer.writerow([*(csv_cell(column[number]) for column in texts.values()), *(str(value) for value in row)])
    return stream.getvalue().encode("utf-8", "backslashreplace")


def _parquet(values: Floats, texts: Mapping[str, Sequence[str]], about: Mapping[str, Any]) -> bytes:
    arrow, parquet = _pyarrow()
    columns = {name: arrow.array([visible(text) for text in column], arrow.string()) for name, column in texts.items()}
    columns |= {name: arrow.array(np.ascontiguousarray(values[:, number])) for number, name in enumerate(names(values.shape[1]))}
    table = arrow.table(columns).replace_schema_metadata({"vitreous": json.dumps(about)})
    stream = io.BytesIO()
    parquet.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def names(width: int) -> list[str]:
    """What columns of features are called.

    >>> names(3)
    ['f0', 'f1', 'f2']
    """
    return [f"f{number}" for number in range(width)]


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        remedy = 'pip install "vitreous[parquet]", or .npz or .csv'
        raise UsageError(".parquet cannot be written", "pyarrow is not installed", remedy=remedy) from None
    return pyarrow, pyarrow.parquet
