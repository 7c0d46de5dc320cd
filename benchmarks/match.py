"""Where in one picture is what another shows: how often it is found, how well yes and no are told apart, and how long it takes.

    python benchmarks/match.py [--peer-python PATH] [--quick]

Pairs of which the homography is known (made_pairs.py), from photos that had no part in fitting the score: the test part of the clothing photos,
cards, and microscope pictures of blood cells. A pair is right where the median error of the four corners is at most 3 % of the long side of A. Beside
it the same pairs by OpenCV's SIFT and MAGSAC (--peer-python: an environment with opencv-python-headless). Pairs of different pictures give the false
alarms: clothing, half of them of one class; cards, which show the same deck on the same table; cells. Last, copies found in folders.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from harness import SIDES, Benchmark, Claim, begin, parser, require, run_well
from made_pairs import Made, Ranges, corner_error, different, made, upright
from match_score import shuffled
from PIL import Image

from vitreous.api import match_in
from vitreous.data.decode import Policy
from vitreous.infer.network import load_network
from vitreous.retrieval.matching import mapper, matched, open_picture, query

NEAR = 0.03
MIRRORED = Ranges(mirrored=True)


@dataclass
class Kind:
    """Pairs of one kind: pictures a and b, and the homography from b to a; None for different pictures."""

    name: str
    pairs: list[tuple[Image.Image, Image.Image, np.ndarray | None]] = field(default_factory=list)


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--peer-python", type=Path, help="the Python of an environment with opencv-python-headless")
    arguments = options.parse_args()
    require(arguments.data / "clothing" / "test")
    benchmark = begin("match", arguments)
    kinds = made_kinds(arguments.data, 0.05 if arguments.quick else 1.0)
    with tempfile.TemporaryDirectory() as folder:
        write(kinds, Path(folder))
        ours = by_us(kinds, Path(folder))
        theirs = by_sift(arguments.peer_python, Path(folder)) if arguments.peer_python else None
    tell(benchmark, kinds, ours, theirs)
    benchmark.write()
    of_folders(benchmark, arguments.data, arguments.quick)
    benchmark.write()


def made_kinds(data: Path, share: float) -> list[Kind]:
    clothing, cards, cells = shuffled(data / "clothing" / "test"), shuffled(data / "cards"), shuffled(data / "bccd")

    def some(files: list[Path], name: str, count: int, ranges: Ranges, turned_round: bool = False) -> Kind:
        kind = Kind(name)
        for number in range(max(2, round(share * count))):
            pair: Made = made(upright(files[number]), 10_000 + number, ranges)
            forth = (pair.photo, pair.image, pair.H)
            kind.pairs.append((pair.image, pair.photo, np.linalg.inv(pair.H)) if turned_round else forth)
        return kind

    def others(files: list[Path], name: str, count: int) -> Kind:
        chosen = [different(files, number) for number in range(max(2, round(share * count)))]
        return Kind(name, [(upright(a), made(upright(b), 20_000 + number).image, None) for number, (a, b) in enumerate(chosen)])

    return [
        some(clothing, "clothing", 36, Ranges()),
        some(clothing[80:], "clothing, A is the part", 6, Ranges(), turned_round=True),
        some(clothing[110:], "clothing, mirrored", 6, MIRRORED),
        some(cards, "cards", 6, Ranges()),
        some(cells, "cells", 4, Ranges()),
        others(clothing, "different clothing", 36),
        others(cards, "different cards", 8),
        others(cells, "different cells", 6),
    ]


def write(kinds: Sequence[Kind], folder: Path) -> None:
    for number, (a, b, _) in enumerate(pair for kind in kinds for pair in kind.pairs):
        a.save(folder / f"a-{number}.png")
        b.save(folder / f"b-{number}.png")


def by_us(kinds: Sequence[Kind], folder: Path) -> list[dict[str, Any]]:
    maps, found = mapper(load_network()), []
    matched(open_picture(str(folder / "a-0.png"), Policy()), query(open_picture(str(folder / "b-0.png"), Policy()), maps))  # engines are started
    for number in range(sum(len(kind.pairs) for kind in kinds)):
        begun, busy = time.perf_counter(), time.process_time()
        A, B = (open_picture(str(folder / f"{side}-{number}.png"), Policy()) for side in "ab")
        match = matched(A, query(B, maps))
        seconds, cpu = time.perf_counter() - begun, time.process_time() - busy
        H = None if match.homography is None else match.homography.tolist()
        found.append({"H": H, "score": match.score, "mirrored": match.mirrored, "seconds": seconds, "cpu": cpu})
        if number % 20 == 0:
            print(f"{number} pairs compared", flush=True)
    return found


def by_sift(python: Path, folder: Path) -> list[dict[str, Any]]:
    value = json.loads(run_well([python, SIDES / "opencv_sift.py", folder]).output.splitlines()[-1])
    print(f"OpenCV {value['version']}")
    return [each | {"score": each["inliers"]} for each in value["pairs"]]


def tell(benchmark: Benchmark, kinds: Sequence[Kind], ours: list[dict[str, Any]], theirs: list[dict[str, Any]] | None) -> None:
    kind_of = [kind for kind in kinds for _ in kind.pairs]
    truths = [pair for kind in kinds for pair in kind.pairs]
    sides = {"vitreous": ours} | ({"sift": theirs} if theirs else {})
    for side, found in sides.items():
        off = [error(each["H"], *pair) for each, pair in zip(found, truths, strict=True)]
        score = np.array([each["score"] for each in found], float)
        same = np.array([pair[2] is not None for pair in truths])
        limit = float(np.quantile(score[~same], 0.99, method="higher"))
        table = {}
        for kind in kinds:
            own = [k for k, each in enumerate(kind_of) if each is kind]
            errors = [off[k] for k in own]
            row: dict[str, Any] = {"pairs": len(own), "yes above 1 % of false alarms": round(float(np.mean(score[own] > limit)), 4)}
            if same[own[0]]:
                row |= {"within 3 %": round(float(np.mean(np.array(errors) <= NEAR)), 4), "median error": round(float(np.median(errors)), 5)}
            if side == "vitreous":
                row["said yes"] = round(float(np.mean(score[own] >= 0.5)), 4)
                if same[own[0]]:
                    row["mirrored"] = round(float(np.mean([found[k]["mirrored"] for k in own])), 4)
            row["seconds"] = round(float(np.median([found[k]["seconds"] for k in own])), 3)
            table[kind.name] = row
        benchmark.measured[side] = table
        print(side, json.dumps(table, indent=1))
        benchmark.measured[f"{side}, every score"] = [round(float(each), 5) for each in score]
        if side == "vitreous":
            benchmark.measured["calibration"] = calibration(score, same)
    row = benchmark.measured["vitreous"]
    beside = benchmark.measured.get("sift")
    note = f"SIFT and MAGSAC {beside['clothing']['within 3 %']:.3f}" if beside else ""
    benchmark.claim(
        Claim(
            "clothing: corners within 3 % of the side",
            row["clothing"]["within 3 %"],
            f"share of {row['clothing']['pairs']} pairs",
            "at least",
            0.9,
            note=note,
        )
    )
    note = f"SIFT and MAGSAC {beside['clothing']['yes above 1 % of false alarms']:.3f}" if beside else ""
    told = row["clothing"]["yes above 1 % of false alarms"]
    benchmark.claim(Claim("clothing: yes at 1 % false alarms", told, f"share of {row['clothing']['pairs']} pairs", "at least", 0.9, note=note))
    note = f"SIFT and MAGSAC {beside['clothing']['seconds']:.2f} s" if beside else ""
    benchmark.claim(Claim("seconds a pair", row["clothing"]["seconds"], "s", "at most", 2.0, note=note))


def error(H: list[list[float]] | None, a: Image.Image, b: Image.Image, truth: np.ndarray | None) -> float:
    """1 where nothing was found: as far off as can be."""
    return 1.0 if H is None or truth is None else min(1.0, corner_error(np.array(H), truth, b.size, a.size))


def calibration(score: np.ndarray, same: np.ndarray) -> dict[str, Any]:
    """With both kinds counted alike: the log loss, the Brier score, and the expected calibration error over five bins."""
    weight = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    p = np.clip(score, 1e-6, 1 - 1e-6)
    bins = np.minimum((score * 5).astype(int), 4)
    gaps = [abs(float((weight * (score - same))[bins == k].sum())) for k in range(5)]
    loss = -float((weight * np.where(same, np.log(p), np.log(1 - p))).sum())
    brier = float((weight * np.square(score - same)).sum())
    unsure = int(np.sum((score > 0.05) & (score < 0.95)))
    return {"log loss": round(loss, 4), "brier": round(brier, 4), "calibration error": round(sum(gaps), 4), "scores from 0.05 to 0.95": unsure}


def of_folders(benchmark: Benchmark, data: Path, quick: bool) -> None:
    """imagededup's example: a picture with a resized, a mirrored and a turned copy among others, asked by each of the four."""
    names = ["ukbench00120", "ukbench00120_hflip", "ukbench00120_resize", "ukbench00120_rotation"]
    found, begun = {}, time.perf_counter()
    for name in names[: 1 if quick else 4]:
        matches = match_in(data / "duplicates" / f"{name}.jpg", data / "duplicates")
        found[name] = sorted(Path(each.a).stem for each in matches.found)
    benchmark.measured["duplicates"] = {"found": found, "seconds a query": round((time.perf_counter() - begun) / len(found), 2)}
    right = sum(each == names for each in found.values())
    benchmark.claim(Claim("duplicates: queries with all four and nothing else", right, f"of {len(found)}", "at least", float(len(found))))


if __name__ == "__main__":
    main()
