"""Is a model that says 80 % right in 80 % of the cases?

    python benchmarks/calibration.py [--repeats SPLITS] [--quick]

`vitreous train` on the clothing photos as they are divided, and on all of them without a division, with five seeds that divide them anew.
The calibration error is that of `vitreous evaluate`, over 15 bins, on test pictures. The plain figure is mostly noise: a model without
any error would show the one that stands beside it. Target, for the figure without what noise adds (`metrics/calibration.py` says how it
is found): at most 0.03 as divided, and 0.02 on the average over the five.

Then how far that figure is off, where the truth is known: test sets drawn from made-up answers whose error is 0, 0.02 and 0.06. A
figure that cannot be negative is too high on the average where the truth is 0.
"""

import tempfile
from math import pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from harness import Benchmark, Claim, begin, parser, require
from held_out import Answers, pooled, train

from vitreous.metrics.calibration import BINS, calibration_error

AS_DIVIDED, OVER_SPLITS = 0.03, 0.02
SHIFTS, DRAWS = (0.0, 0.02, 0.06), 300


def main() -> None:
    arguments = parser(__doc__, repeats=5).parse_args()
    clothing: Path = arguments.data / "clothing"
    require(clothing)
    benchmark = begin("calibration", arguments)
    with tempfile.TemporaryDirectory() as folder:
        work, few = Path(folder), 12 if arguments.quick else None
        if not arguments.quick:
            divided = measured(train(clothing, work))
            benchmark.measured["as divided"] = divided
            claim = Claim("calibration error, clothing as divided", divided["debiased"], "", "at most", AS_DIVIDED, note=_note(divided))
            benchmark.claim(claim)
        everything = pooled(clothing, work, few)
        splits = [measured(train(everything, work, seed)) for seed in range(2 if arguments.quick else arguments.repeats)]
    benchmark.measured["splits"] = splits
    runs = [each["debiased"] for each in splits]
    note = f"the mean of {', '.join(f'{figure:.3f}' for figure in runs)}; plain {np.mean([each['plain'] for each in splits]):.3f}"
    figure = round(float(np.mean(runs)), 4)
    benchmark.claim(Claim(f"calibration error, mean of {len(splits)} splits of all", figure, "", "at most", OVER_SPLITS, note=note))
    where_the_truth_is_known(benchmark)
    benchmark.write()


def measured(answers: Answers) -> dict[str, Any]:
    answer = answers.probability.argmax(1)
    confidence, right = answers.probability.max(1), answer == answers.target
    found = calibration_error(confidence, right, np.arange(len(right)), 0)
    return {
        "pictures": len(right),
        "plain": round(found.error, 4),
        "debiased": round(found.debiased, 4),
        "interval": [round(end, 4) for end in found.interval],
        "plain of a model without error": round(_noise(confidence), 4),
        "confidence - accuracy": round(float(confidence.mean() - right.mean()), 4),
        **{key: answers.head[key] for key in ("temperature", "strength", "chosen_on")},
    }


def where_the_truth_is_known(benchmark: Benchmark) -> None:
    """Mean plain and debiased figures of made-up test sets of 276 pictures (the test part of 1,842)."""
    rng, found = np.random.default_rng(0), {}
    for shift in SHIFTS:
        results = []
        for _ in range(20 if benchmark.arguments.quick else DRAWS):
            confidence = rng.beta(5, 1, 276) * 0.6 + 0.4
            results.append(calibration_error(confidence, rng.random(276) < confidence - shift, np.arange(276), 0))
        plain, debiased = ([getattr(each, name) for each in results] for name in ("error", "debiased"))
        found[str(shift)] = {"plain": round(float(np.mean(plain)), 4), "debiased": round(float(np.mean(debiased)), 4)}
        print(f"true error {shift:.2f}, 276 pictures: plain {np.mean(plain):.3f}, debiased {np.mean(debiased):.3f} on the average")
    benchmark.measured["where the truth is known"] = found


def _noise(confidence: np.ndarray) -> float:
    """The plain figure expected of a model whose confidences are right: √(2/π) Σ_b s_b."""
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    variance = np.bincount(bins, confidence * (1 - confidence), BINS) / len(confidence) ** 2
    return sqrt(2 / pi) * float(np.sqrt(variance).sum())


def _note(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    return f"interval {low:.3f} to {high:.3f}; plain {found['plain']:.3f}, without any error {found['plain of a model without error']:.3f}"


if __name__ == "__main__":
    main()
