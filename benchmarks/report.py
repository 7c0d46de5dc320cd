"""How long does a report take, and how large is it? `vitreous report RUN` on made runs of 5,000 real test photos.

    python benchmarks/report.py

The photos are the test files of `clothing`, by path, over and over; labels and probabilities are made, in 10, 100 and 1,000 classes.
Measured is the whole command in a fresh process: start, reading and verifying the run, both documents, writing them.

Targets: ready in at most 2 s with 10 and with 100 classes; at most 3 MB, whatever the number of classes. Of 1,000 classes the seconds
are kept too: nearly all of them go into reading the 5 million numbers of predictions.csv.
"""

import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from harness import VITREOUS, Claim, alternate, begin, environment, median, parser, require, run_well
from PIL import Image

from vitreous.core.item import Split
from vitreous.core.view import View
from vitreous.data.decode import content_key
from vitreous.metrics.classification import evaluate
from vitreous.runs.tables import ItemRow, Predictions, items_to_csv, predictions_to_csv
from vitreous.runs.writing import create

PICTURES, CLASSES, MOST_TIMED = 5_000, (10, 100, 1_000), 100
MOST_SECONDS, MOST_BYTES = 2.0, 3_000_000
SHARPNESS = 6.0  # of the made answers: about 85 % of them are right in 10 classes


def main() -> None:
    arguments = parser(__doc__, repeats=5).parse_args()
    arguments.repeats = 1 if arguments.quick else arguments.repeats
    photos = arguments.data / "clothing"
    require(photos / "test")
    benchmark = begin("report", arguments)
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder) / "cache")
        pictures = 400 if arguments.quick else PICTURES
        runs = {classes: made_run(Path(folder), photos, pictures, classes) for classes in CLASSES}
        found = alternate(
            arguments.repeats,
            {str(classes): (lambda run=run: round(run_well([*VITREOUS, "report", run], env).seconds, 3)) for classes, run in runs.items()},
        )
        sizes = {str(classes): {name: (run / name).stat().st_size for name in ("report.html", "MODEL_CARD.md")} for classes, run in runs.items()}
    benchmark.measured = {"pictures": pictures, "seconds": found, "bytes": sizes}
    for classes, seconds in found.items():
        what = f"vitreous report, {pictures:,} test pictures, {int(classes):,} classes"
        if int(classes) <= MOST_TIMED:
            benchmark.claim(Claim(what, median(seconds), "s", "at most", MOST_SECONDS, seconds))
        benchmark.claim(Claim(f"report.html of {int(classes):,} classes", sizes[classes]["report.html"] / 1e6, "MB", "at most", MOST_BYTES / 1e6))
    benchmark.write()


def made_run(folder: Path, photos: Path, pictures: int, classes: int) -> Path:
    """A finished run whose test pictures are real files and whose answers are drawn."""
    rng = np.random.default_rng(classes)
    files = sorted(path.relative_to(photos).as_posix() for path in (photos / "test").rglob("*.jpg"))
    facts_of = {file: read(photos / file) for file in files}
    labels = [f"class {number:04}" for number in range(classes)]
    target = rng.integers(0, classes, pictures)
    logits = rng.normal(size=(pictures, classes)) * 1.5
    logits[np.arange(pictures), target] += SHARPNESS
    probability = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability = (probability / probability.sum(axis=1, keepdims=True)).astype(np.float32)
    paths = [files[number % len(files)] for number in range(pictures)]
    rows = [ItemRow(path, facts_of[path][0], *facts_of[path][1], labels[k], Split.TEST) for path, k in zip(paths, target.tolist(), strict=True)]
    predictions = Predictions(paths, [labels[k] for k in target], labels, probability)
    metrics = evaluate(probability, target, labels).to_json() | {
        "what": f"{pictures:,} test pictures",
        "left_out": [],
        "out_of_fold": {},
        "remarks": [],
    }
    with create(folder / "runs", f"made-{classes}", {"seed": 0, "runs": "runs", "engine": "auto"}) as writer:
        files_of_run = {"items.csv": items_to_csv(rows), "predictions.csv": predictions_to_csv(predictions)}
        writer.write_state(files_of_run, facts(photos, labels, pictures, metrics))
        return writer.finish().path


def read(file: Path) -> tuple[str, tuple[int, int]]:
    with Image.open(file) as image:
        return content_key(file.read_bytes()).hex(), image.size


def facts(photos: Path, labels: list[str], pictures: int, metrics: dict[str, Any]) -> dict[str, Any]:
    """What a training would store, as far as a report reads it."""
    return {
        "task": "classify",
        "labels": labels,
        "data": {"folder": str(photos), "kind": "made", "pictures": pictures, "split": {"test": pictures}},
        "network": {"network": "made", "licence": "none"},
        "preprocessing": {"view": View.crop(224).to_json()},
        "number_format": "f32",
        "plan": {"seconds": 0.0, "why": ["Made for a benchmark."]},
        "views": [],
        "classifier": {"chosen_on": "nothing"},
        "groups": {},
        "split": {"given": True, "remarks": [], "leaks": 0},
        "metrics": metrics,
        "seconds": 0.0,
        "versions": {"python": platform.python_version()},
        "machine": {"processor": "any", "cores": 1},
    }


if __name__ == "__main__":
    main()
