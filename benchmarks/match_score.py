"""Fits the numbers of `vitreous.retrieval.matching.score`: how sure it is that two pictures show the same.

    python benchmarks/match_score.py [--pairs N] [--quick]

N pairs of the same photo (of the training part of the clothing photos) with any turn, 6 to 100 % of the area, scale 0.25 to 2 and tilts to 12 %,
every second one the other way round; and N pairs of two different photos, every second one of the same class. Where a pair of the first kind was
aligned wrongly it is left out: it is no evidence for anything. Logistic regression (C = 10) with both kinds counted alike. benchmarks/match.py judges
on other photos.
"""

from pathlib import Path

import numpy as np
from harness import Claim, begin, parser, require
from made_pairs import Ranges, corner_error, different, made, picture, upright
from sklearn.linear_model import LogisticRegression

from vitreous.infer.network import load_network
from vitreous.retrieval.matching import Picture, mapper, query
from vitreous.retrieval.matching.matching import best_alignment
from vitreous.retrieval.matching.score import BIAS, WEIGHTS, evidence

HARD = Ranges(area=(0.06, 1.0), scale=(0.25, 2.0), tilt=0.12)
STRENGTH = 10.0
WRONG = 0.1  # of the photo's long side


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--pairs", type=int, default=60)
    arguments = options.parse_args()
    photos: Path = arguments.data / "clothing" / "train"
    require(photos)
    benchmark = begin("match_score", arguments)
    files = shuffled(photos)
    maps, rows, same, missed = mapper(load_network()), [], [], 0
    for number in range(4 if arguments.quick else arguments.pairs):
        pair = made(upright(files[number]), number, HARD)
        A, B, truth = picture(pair.photo), picture(pair.image), pair.H
        if number % 2:
            A, B, truth = B, A, np.linalg.inv(truth)
        found = best_alignment(A, query(B, maps))
        if found is None or corner_error(found.H, truth, B.size, A.size) > WRONG:
            missed += 1
        else:
            rows.append(evidence(found.agreement))
            same.append(True)
        found = best_alignment(*other(files, number, maps))
        rows.append(evidence(found.agreement) if found else (0.0, 0.0, 0.0))
        same.append(False)
        print(number, missed, rows[-2:], flush=True)
    fit = LogisticRegression(C=STRENGTH, class_weight="balanced").fit(np.array(rows), np.array(same))
    benchmark.measured |= {
        "pairs": len(rows),
        "left out as aligned wrongly": missed,
        "bias": round(float(fit.intercept_[0]), 2),
        "weights": [round(float(each), 2) for each in fit.coef_[0]],
        "in the code": [BIAS, *WEIGHTS],
        "rows": [[*(round(each, 4) for each in row), int(one)] for row, one in zip(rows, same, strict=True)],
    }
    print("BIAS", benchmark.measured["bias"], "WEIGHTS", benchmark.measured["weights"])
    wrong = float(np.mean(fit.predict(np.array(rows)) != np.array(same)))
    benchmark.claim(Claim("pairs on the wrong side of the score, among those it was fitted to", round(wrong, 4), "", "at most", 0.05))
    benchmark.write()


def shuffled(photos: Path) -> list[Path]:
    """In an order that is the same everywhere."""
    files = sorted(photos.rglob("*.jpg"))
    return [files[number] for number in np.random.default_rng(0).permutation(len(files))]


def other(files: list[Path], number: int, maps: object) -> tuple[Picture, object]:
    """A photo, and what was made of another one."""
    a, b = different(files, number)
    return picture(upright(a)), query(picture(made(upright(b), number, HARD).image), maps)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
