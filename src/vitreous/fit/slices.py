"""Parts of the test pictures on which a model is significantly worse: by what a picture looks like, where its file lies, who made it, and
any column of a table. `vitreous.metrics.slices` says how slices are judged.

Looks are those of `vitreous.data.appearance`, taken of the picture as it was decoded; makers those of its EXIF block. The folder is the
path without the names of splits and classes, which say nothing new.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitreous.core.item import SPLIT_ALIASES, Item, LeftOut
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Decoded, policy
from vitreous.data.duplicates import find_duplicates
from vitreous.data.sources import TABLES
from vitreous.data.sources.columns import Columns, has_image_column, read_columns
from vitreous.data.sources.folders import clean_label
from vitreous.errors import DataError, UsageError, nearest
from vitreous.fit.evaluation import LabelledItems, labelled_items
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network
from vitreous.metrics.slices import Feature, worse_slices
from vitreous.runs.folder import RunFolder
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.classify.slices import Slices
from vitreous.tasks.predict import predict
from vitreous.tasks.task import require_one_label

__all__ = ["FEATURES", "Slices", "require_column", "slices"]

FEATURES = (
    "width", "height", "width / height", "bytes per pixel", "brightness", "contrast", "entropy", "sharpness",
    "folder", "format", "colour mode", "camera", "software", "year taken", "hour taken",
)  # fmt: skip
# A column that is made of numbers, and of more different ones than this, is divided into quarters.
_FEW_NUMBERS = 8
_TABLES_LOOKED_AT = 50


@dataclass
class _Seen:
    """What is known of the pictures that were answered: N of each."""

    items: list[Item] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    thumbnails: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    known: dict[str, list[str | float]] = field(default_factory=lambda: {name: [] for name in FEATURES})


def slices(run: RunFolder, network: Network, data: Path | None, column: str | None, engine: str, reporter: Reporter) -> Slices:
    """Of the run's own test pictures where `data` is None, else of a labelled folder or CSV. `column`: look at this feature or column alone.

    Raises UsageError for a column that is not there, DataError where there is no picture.
    """
    require_one_label(network.facts, "evaluate --slices")
    labelled = labelled_items(run, network, data)
    columns = _columns(run, data, labelled)
    wanted = _wanted(column, columns)
    seen, left_out = _answered(run, network, labelled, engine, reporter)
    features = {name: values for name, values in _features(seen, columns).items() if name in wanted}
    if labelled.known_keys:
        stored = run.facts.get("groups", {})
        group = np.array([stored.get(item.relative, -1 - number) for number, item in enumerate(seen.items)])
    else:
        group = find_duplicates(seen.keys, np.stack(seen.thumbnails)).group
    judged = worse_slices(np.array(seen.right), np.array(seen.target), network.labels, group, features)
    what = plural(len(seen.items), labelled.what)
    return Slices(what, judged, [name for name, values in features.items() if _tells(values)], left_out, list(labelled.remarks))


def require_column(run: RunFolder, network: Network, data: Path | None, column: str) -> None:
    """Raises UsageError where `slices` could not divide by this column."""
    _wanted(column, _columns(run, data, labelled_items(run, network, data)))


def _columns(run: RunFolder, data: Path | None, labelled: LabelledItems) -> Columns:
    """The further columns of the table that the pictures come from; none for a folder."""
    table = data if data is not None and data.suffix.lower() in TABLES else None
    image, label = run.settings.get("image_column"), run.settings.get("label_column")
    if data is None and run.facts["data"]["kind"] == "csv":
        table = _table_of(run, labelled)
    if table is None:
        return {}
    own = {"image_column": image if has_image_column(table, image) else None, "label_column": label}
    return {(f"column {name}" if name in FEATURES else name): cells for name, cells in read_columns(table, **own).items()}


def _table_of(run: RunFolder, labelled: LabelledItems) -> Path | None:
    """The table that the run was trained on: the one in its folder that names most of its pictures."""
    folder, image = Path(run.facts["data"]["folder"]), run.settings.get("image_column")
    if stored := run.facts["data"].get("table"):
        return folder / stored if (folder / stored).is_file() else None
    wanted = {item.relative for item in labelled.items}
    found: list[tuple[int, Path]] = []
    for table in sorted(path for path in folder.iterdir() if path.suffix.lower() in TABLES)[:_TABLES_LOOKED_AT]:
        if has_image_column(table, image):
            try:
                cells = read_columns(table, image)
            except DataError:
                continue
            found.append((len(wanted.intersection(*[set().union(*cells.values())] if cells else [])), table))
    best = max(found, default=(0, folder), key=lambda each: each[0])
    return best[1] if best[0] else None


def _wanted(column: str | None, columns: Columns) -> list[str]:
    known = [*FEATURES, *columns]
    if column is None:
        return known
    same = [name for name in known if name.lower() in (column.lower(), f"column {column.lower()}")]
    if not same:
        arrived = "" if columns else "the pictures come from a folder, which has no columns"
        raise UsageError(f"there is no column {visible(column)!r}", arrived, remedy=nearest(visible(column), map(visible, known)))
    return same[-1:]  # a column of the user's before a feature of the same name


def _answered(run: RunFolder, network: Network, labelled: LabelledItems, engine: str, reporter: Reporter) -> tuple[_Seen, list[LeftOut]]:
    setting = setting_for_answers(network, len(labelled.items), engine)
    reporter.say(f"Engine: {setting}.")
    rule = policy(run.settings.get("max_pixels"), bool(run.settings.get("tolerate_truncated")))
    number = {label: index for index, label in enumerate(network.labels)}
    seen, left_out = _Seen(), list(labelled.left_out)
    answers = predict(network, setting, [item.path for item in labelled.items], rule)
    for done, (item, (answer, decoded)) in enumerate(zip(labelled.items, answers, strict=True), 1):
        reporter.progress("pictures", done, len(labelled.items))
        if isinstance(answer, Failure) or decoded is None:
            left_out.append(LeftOut(item.relative, answer.reason if isinstance(answer, Failure) else "not decoded"))
        elif labelled.known_keys and decoded.key.hex() != labelled.known_keys[item.relative]:
            left_out.append(LeftOut(item.relative, "the file has changed since the training"))
        else:
            seen.items.append(item)
            seen.right.append(int(answer.probability.argmax()) == number[item.label])
            seen.target.append(number[item.label])
            seen.keys.append(decoded.key)
            seen.thumbnails.append(decoded.thumbnail)
            for name, value in zip(FEATURES, _known(item, decoded), strict=True):
                seen.known[name].append(value)
    if not seen.items:
        first = left_out[0]
        raise DataError("no picture is left to judge", f"{plural(len(left_out), 'file')} left out, such as {visible(first.relative)}: {first.reason}")
    return seen, left_out


def _known(item: Item, decoded: Decoded) -> Sequence[str | float]:
    """What is known of a picture, in the order of FEATURES; an empty text for what is not."""
    looks, origin, width, height = decoded.appearance, decoded.origin, decoded.width, decoded.height
    return (
        float(width), float(height), width / height, decoded.num_bytes / (width * height),
        looks.brightness, looks.contrast, looks.entropy, looks.sharpness,
        _folder(item), origin.format, origin.mode, origin.camera, origin.software, origin.taken[:4], origin.taken[11:13],
    )  # fmt: skip


def _folder(item: Item) -> str:
    parts = [part for part in item.relative.split("/")[:-1] if clean_label(part) != item.label]
    return "/".join(parts[1:] if parts and parts[0].lower() in SPLIT_ALIASES else parts)


def _features(seen: _Seen, columns: Columns) -> dict[str, Feature]:
    features: dict[str, Feature] = {name: _feature(values) for name, values in seen.known.items()}
    for name, cells in columns.items():
        values = [cells.get(item.relative, "") for item in seen.items]
        features[name] = _feature(_numbers(values) or values)
    return features


def _feature(values: Sequence[str | float]) -> Feature:
    if all(isinstance(value, float) for value in values):
        return np.array(values, np.float64)
    return [str(value) or None for value in values]


def _numbers(cells: Sequence[str]) -> list[float] | None:
    """The cells as numbers, NaN where one is empty; None where one is no number, or where they are few and so rather names."""
    try:
        numbers = [float(cell) if cell else math.nan for cell in cells]
    except ValueError:
        return None
    different = {number for number in numbers if math.isfinite(number)}
    if len(different) <= _FEW_NUMBERS:
        return None
    return [number if math.isfinite(number) else math.nan for number in numbers]


def _tells(values: Feature) -> bool:
    """Whether it is not the same of all."""
    different = {None if value != value else value for value in (values.tolist() if isinstance(values, np.ndarray) else values)}
    return len(different) > 1
