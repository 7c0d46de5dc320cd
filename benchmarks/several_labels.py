"""Several labels for a picture: is the head as good as the usual one, and are the thresholds worth choosing?

On shared/data/cards/labels.csv (217 photos of playing cards, 6 labels), all by `vitreous train`:

1. mAP of the given test part, beside scikit-learn's one-vs-rest logistic regression on the same features of the same pictures, standardized
   alike, its strength for each label chosen by its own cross-validation (LogisticRegressionCV, by log loss). Target: not lower by more than 1 point.
2. macro F1 at the thresholds that the training chose, less macro F1 at 0.5, on the test part of five drawn splits (seeds 0 to 4).
   Target: above 0 on the average; each one is reported.
"""

import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from harness import VITREOUS, Benchmark, Claim, begin, environment, parser, require, run
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import average_precision_score, f1_score

from vitreous.core.presence import Presence
from vitreous.data.decode import Policy
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import load_network
from vitreous.infer.pipeline import decoded_side_by_side
from vitreous.runs.tables import items_from_csv, predictions_from_csv

SPLITS = 5
STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)


def main() -> None:
    arguments = parser(__doc__, 1).parse_args()
    cards = arguments.data / "cards"
    require(cards / "labels.csv")
    benchmark = begin("several_labels", arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        beside_scikit_learn(benchmark, cards, work)
        thresholds(benchmark, cards, work, 1 if arguments.quick else SPLITS)
    benchmark.write()


def beside_scikit_learn(benchmark: Benchmark, cards: Path, work: Path) -> None:
    folder = train(cards / "labels.csv", work)
    ours = predictions_from_csv((folder / "predictions.csv").read_bytes())
    target, labels = targets(ours.labels, list(ours.classes)), list(ours.classes)
    rows = [row for row in items_from_csv((folder / "items.csv").read_bytes()) if row.split is not None]
    features = features_of(folder / "model.onnx", [str(cards / row.path) for row in rows])
    learned = np.array([str(row.split) == "train" for row in rows])
    place = {row.path: number for number, row in enumerate(rows)}
    asked = features[[place[path] for path in ours.paths]]
    mean, deviation = features[learned].mean(0), np.maximum(features[learned].std(0), 1e-3)
    truth = targets([row.label for row in rows], labels)[learned]
    theirs = np.stack([regression((features[learned] - mean) / deviation, truth[:, k], (asked - mean) / deviation) for k in range(len(labels))], 1)
    own, other = (100 * float(average_precision_score(target, each, average="macro")) for each in (ours.probability, theirs))
    benchmark.measured["map"] = {"vitreous": round(own, 2), "scikit_learn": round(other, 2), "test": len(target), "train": int(learned.sum())}
    benchmark.claim(
        Claim("mAP less that of scikit-learn's one-vs-rest on the same features", round(own - other, 2), "points", "at least", -1.0,
              note=f"{own:.1f} and {other:.1f} % on {len(target)} test photos")
    )  # fmt: skip


def thresholds(benchmark: Benchmark, cards: Path, work: Path, splits: int) -> None:
    table = without_split(cards, work / "cards")
    found = []
    for seed in range(splits):
        folder = train(table, work, seed)
        answers = predictions_from_csv((folder / "predictions.csv").read_bytes())
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))["facts"]
        target = targets(answers.labels, list(answers.classes))
        chosen, half = (
            100 * float(f1_score(target, answers.probability >= limit, average="macro", zero_division=0)) for limit in (facts["thresholds"], 0.5)
        )
        found.append({"seed": seed, "test": len(target), "chosen": round(chosen, 2), "half": round(half, 2), "thresholds": facts["thresholds"]})
        print(f"seed {seed}: macro F1 {chosen:.1f} % at the chosen thresholds, {half:.1f} % at 0.5, on {len(target)} test photos", flush=True)
    benchmark.measured["splits"] = found
    gains = [each["chosen"] - each["half"] for each in found]
    benchmark.claim(
        Claim("macro F1 at the chosen thresholds less that at 0.5, mean", round(float(np.mean(gains)), 2), "points", "at least", 0.0,
              note=f"higher in {sum(gain > 0 for gain in gains)} of {len(gains)} splits: " + ", ".join(f"{gain:+.1f}" for gain in gains))
    )  # fmt: skip


def train(table: Path, work: Path, seed: int = 0) -> Path:
    command = [*VITREOUS, "train", table, "--tune", "none", "--json", "--seed", str(seed), "--runs", work / "runs"]
    ran = run(command, environment(work / "cache"))
    if ran.code != 0:
        sys.exit(f"training on {table.name} ended with {ran.code}:\n{ran.errors[-3000:]}")
    return Path(ran.json()["run"])


def without_split(cards: Path, folder: Path) -> Path:
    """The same photos, as links, in a table without a split."""
    folder.mkdir()
    for part in ("train", "test"):
        (folder / part).symlink_to((cards / part).resolve())
    rows = list(csv.DictReader((cards / "labels.csv").open(encoding="utf-8")))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["image", "labels"], *([row["image"], row["labels"]] for row in rows)])
    return folder / "labels.csv"


def features_of(model: Path, paths: list[str]) -> NDArray[np.float32]:
    """The output `features` of a run's model, picture by picture."""
    network = load_network(model)
    found = [each for each in decoded_side_by_side(enumerate(paths), (network.view,), Policy()) if each.decoded]
    pictures = np.stack([each.decoded.views[0] for each in found if each.decoded])
    engine = start_engine(network, default_setting(len(pictures), "f32"), ("features",))
    return np.asarray(run_batch(engine, pictures)["features"], np.float32)


def regression(features: NDArray[Any], truth: NDArray[Any], asked: NDArray[Any]) -> NDArray[Any]:
    """The probability of one label by scikit-learn."""
    model = LogisticRegressionCV(Cs=list(STRENGTHS), cv=5, scoring="neg_log_loss", max_iter=2000, tol=1e-4).fit(features, truth)
    return np.asarray(model.predict_proba(asked)[:, 1])


def targets(labels: Any, classes: list[str]) -> NDArray[np.intp]:
    return np.array([[int(name in Presence.read(label).present) for name in classes] for label in labels])


if __name__ == "__main__":
    main()
