"""How long from a folder of photos to a saved, evaluated model, beside what this machine could do at best?

    python benchmarks/first_model.py [--set clothing|20000|12mp] [--torch-python PATH]

The yardstick is ../shared/peers/limits.py: the machine's rate of decoding and its rate of forward passes, each measured alone
at full load, in every round. `vitreous train` is timed from process start, with an empty cache. Targets, with the limit
N / decode rate + N / forward rate: clothing 1.5 × limit + 3 s; 20,000 photos 1.4 × limit; 2,000 photos of 12 megapixels
1.25 × limit, and the same with AVX2 only. On clothing also the test accuracy: at least 0.85, and at most 1 point below
scikit-learn's logistic regression on fp32 torch features (needs --torch-python, see make_peer_env.sh).
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from harness import (
    NET,
    SHARED,
    SIDES,
    VITREOUS,
    Benchmark,
    Claim,
    alternate,
    begin,
    environment,
    instruction_set,
    median,
    parser,
    require,
    run_well,
    torch_python,
)
from pictures import PHOTOS, TWELVE_MEGAPIXELS, made

SETS = ("clothing", "20000", "12mp")
# set: the factor on the limit, and the seconds on top
TARGETS = {"clothing": (1.5, 3.0), "20000": (1.4, 0.0), "12mp": (1.25, 0.0)}
LEAST_ACCURACY = 0.85
POINTS_BELOW = 1.0
# remarks: leaks between train and test would stand there
KEPT = ("num_images", "accuracy", "accuracy_interval", "balanced_accuracy", "log_loss", "remarks")
STRENGTHS = tuple(float(f"{10 ** (power / 2):.3g}") for power in range(-9, 1))  # C of scikit-learn, a factor of 3 apart


def main() -> None:
    options = parser(__doc__, repeats=0)
    options.add_argument("--set", choices=SETS, default="clothing", dest="kind")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where made pictures are kept")
    options.add_argument("--torch-python", help="a Python that has torch, for the reference accuracy")
    arguments = options.parse_args()
    limits = SHARED / "peers" / "limits.py"
    require(arguments.data / "clothing", limits, NET)
    arguments.repeats = arguments.repeats or (3 if arguments.kind == "clothing" and not arguments.quick else 1)
    photos = folder(arguments)
    for isa in caps(arguments.kind):
        benchmark = begin(f"first_model_{arguments.kind}" + (f"_{isa.lower()}" if isa else ""), arguments)
        accuracy = seconds(benchmark, photos, limits, isa)
        if arguments.kind == "clothing":
            accuracies(benchmark, photos, accuracy)
        benchmark.write()


def folder(arguments: argparse.Namespace) -> Path:
    clothing: Path = arguments.data / "clothing"
    if arguments.kind == "20000":
        return made(PHOTOS, clothing, arguments.work, 400 if arguments.quick else None)
    if arguments.kind == "12mp":
        return made(TWELVE_MEGAPIXELS, clothing, arguments.work, 120 if arguments.quick else None)
    return some_of(clothing, arguments.work, 20) if arguments.quick else clothing


def some_of(clothing: Path, work: Path, each: int) -> Path:
    """A copy of the first `each` photos of every class of every split."""
    target = work / f"clothing-{each}"
    for source in sorted(clothing.glob("*/*")):
        (target / source.relative_to(clothing)).mkdir(parents=True, exist_ok=True)
        for photo in sorted(source.iterdir())[:each]:
            shutil.copy(photo, target / photo.relative_to(clothing))
    return target


def caps(kind: str) -> list[str | None]:
    """What oneDNN is capped to, one after the other: nothing, and for the large photos also AVX2, where that is less than there is."""
    return [None, "AVX2"] if kind == "12mp" and instruction_set() != "AVX2" else [None]


def seconds(benchmark: Benchmark, photos: Path, limits: Path, isa: str | None) -> float:
    """Time the training beside the limit, by turns; returns the test accuracy of the last one."""
    kind, repeats = benchmark.arguments.kind, benchmark.arguments.repeats
    factor, extra = TARGETS[kind]

    def limit() -> dict[str, Any]:
        return run_well([sys.executable, limits, photos, NET], environment(Path(), isa)).json()

    def train() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as fresh:
            ran = run_well(
                [*VITREOUS, "train", photos, "--tune", "none", "--json", "--runs", Path(fresh) / "runs"], environment(Path(fresh) / "cache", isa)
            )
            metrics = {name: value for name, value in ran.json()["metrics"].items() if name in KEPT}
            return {"seconds": round(ran.seconds, 2), "cpu_seconds": round(ran.cpu_seconds, 2), **metrics}

    found = alternate(repeats, {"limit": limit, "train": train})
    benchmark.measured = {"set": kind, "limits": found["limit"], "trainings": found["train"], "onednn_cap": isa}
    took, allowed = [each["seconds"] for each in found["train"]], [each["limit_s"] for each in found["limit"]]
    count, capped = found["limit"][0]["images"], f", {isa} only" if isa else ""
    if extra:
        ratio = median([own / best for own, best in zip(took, allowed, strict=True)])
        note = f"the machine's limit is {median(allowed):.1f} s, so {ratio:.2f} ×"
        what = f"first model of {count:,} photos{capped}"
        benchmark.claim(Claim(what, median(took), "s", "at most", round(factor * median(allowed) + extra, 2), took, note))
    else:
        ratios = [round(own / best, 3) for own, best in zip(took, allowed, strict=True)]
        what = f"first model of {count:,} {'photos of 12 megapixels' if kind == '12mp' else 'photos'}{capped}"
        note = f"{median(took):.1f} s of {median(allowed):.1f} s"
        if kind == "12mp" and instruction_set() == "AVX2":
            note += "; this machine has nothing wider than AVX2"
        benchmark.claim(Claim(what, median(ratios), "× the machine's limit", "at most", factor, ratios, note))
    return float(found["train"][-1]["accuracy"])


def accuracies(benchmark: Benchmark, photos: Path, accuracy: float) -> None:
    """The claims about the test accuracy: by itself, and beside scikit-learn on torch features."""
    benchmark.claim(Claim("test accuracy of that model", round(accuracy, 4), "of the test photos", "at least", LEAST_ACCURACY))
    python = torch_python(benchmark.arguments)
    if python is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        features = Path(folder) / "features.npz"
        run_well([python, SIDES / "torch_features.py", photos, features])
        with np.load(features) as loaded:
            reference, strength = sklearn_accuracy(loaded["x"], loaded["y"], loaded["train"])
    benchmark.measured |= {"reference_accuracy": reference, "reference_C": strength}
    below = round(100 * (reference - accuracy), 2)
    note = f"scikit-learn on fp32 torch features: {reference:.4f}, C = {strength:g}"
    benchmark.claim(Claim("accuracy below the reference", below, "points", "at most", POINTS_BELOW, note=note))


def sklearn_accuracy(x: np.ndarray, y: np.ndarray, train: np.ndarray) -> tuple[float, float]:
    """Test accuracy of logistic regression on standardized features, and its C: the one of least log loss on a held-out fifth."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fit_x, held_x, fit_y, held_y = train_test_split(x[train], y[train], test_size=0.2, stratify=y[train], random_state=0)
    losses = {}
    for strength in STRENGTHS:
        head = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000)).fit(fit_x, fit_y)
        losses[strength] = log_loss(held_y, head.predict_proba(held_x), labels=head.classes_)
    best = min(losses, key=losses.__getitem__)
    head = make_pipeline(StandardScaler(), LogisticRegression(C=best, max_iter=1000)).fit(x[train], y[train])
    return round(float(head.score(x[~train], y[~train])), 4), best


if __name__ == "__main__":
    main()
