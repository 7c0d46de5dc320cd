"""Why this answer: do the maps point to what decides, does a network without its weights not, and how long does a map by occlusion take?

Planted evidence (`sides/planted_evidence.py`): photos with five patches, of which the stripes of one alone decide the class. A map points to the
mark where its strongest cell, at the map's own resolution, overlaps the mark: a cell of the last maps is a stride wide, one of occlusion a
fourteenth of the side, one of integrated gradients a pixel. Only pictures with a mark that are answered right are asked. Networks: a small one
trained with torch (where it is installed), LeNet trained without it, and a head on the shipped network, which counts where it has learned to
tell the classes. With every weight redrawn, a map should meet the mark no more often than one of the five patches by chance.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from harness import SIDES, VITREOUS, Benchmark, Claim, alternate, begin, environment, median, parser, run_well
from scipy.stats import binom

from vitreous.data.samples import write_sample
from vitreous.errors import UsageError
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import Network, load_network
from vitreous.inside import inside
from vitreous.inside.why import METHODS
from vitreous.inside.why.flip import flip
from vitreous.inside.why.integrated_gradients import integrated_gradients
from vitreous.inside.why.occlusion import occlusion
from vitreous.inside.why.question import question_of
from vitreous.inside.why.redrawn import layers_with_weights, redrawn_weights
from vitreous.inside.why.saliency import Saliency

PATCHES, LEARNED, POSITIONS = 5, 0.9, 196
SIZE, SIDE = 32, 6
TRAIN, TEST, EPOCHS = 1500, 300, 6
# Nine points, by the walk: where a share is largest needs no exact sum, and each picture would start an engine of its own.
MAPS = METHODS | {"integrated-gradients": lambda question: integrated_gradients(replace(question, kept=False), 8, 8)}
LARGE, LARGE_SIDE, LARGE_TEST = 224, 40, 60
Box = tuple[float, float, float, float]


def main() -> None:
    arguments = parser(__doc__, repeats=7).parse_args()
    benchmark = begin("why", arguments)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ |= {"VITREOUS_CACHE": str(work / "cache")}
        write_sample("clothing", work / "photos")
        networks = [("LeNet without torch", lambda: lenet(work, arguments.quick))]
        if find_spec("torch"):
            networks.append(("a network by torch", lambda: by_torch(work, arguments.quick)))
        for name, trained in networks:
            data, network = trained()
            planted(benchmark, name, data, network, 30 if arguments.quick else TEST)
        if not arguments.quick:
            data, network = on_shipped(work)
            planted(benchmark, "a head on the shipped network", data, network, LARGE_TEST)
        seconds(benchmark, work / "photos", arguments.repeats)
        flips(benchmark, work / "photos", 2 if arguments.quick else 10)
    benchmark.write()


def small_pictures(work: Path, quick: bool) -> Path:
    data = work / "planted"
    if not data.exists():
        counts = {"train": 900 if quick else TRAIN, "val": 150, "test": 60 if quick else TEST}
        write_planted(data, work, SIZE, SIDE, counts, 0)
    return data


def write_planted(data: Path, work: Path, size: int, side: int, counts: dict[str, int], margin: int) -> None:
    numbers = [str(size), str(side), json.dumps(counts), str(margin)]
    run_well([sys.executable, SIDES / "planted_evidence.py", data, work / "photos", *numbers])


def lenet(work: Path, quick: bool) -> tuple[Path, Network]:
    data = small_pictures(work, quick)
    return data, trained_by_vitreous(work, data, "--net", "lenet", "--trainer", "numpy", "--size", str(SIZE))


def by_torch(work: Path, quick: bool) -> tuple[Path, Network]:
    data, file = small_pictures(work, quick), work / "torch" / "model.onnx"
    run_well([sys.executable, SIDES / "planted_net.py", data, file, str(EPOCHS)])
    return data, load_network(file)


def on_shipped(work: Path) -> tuple[Path, Network]:
    data = work / "planted_large"
    write_planted(data, work, LARGE, LARGE_SIDE, {"train": 450, "val": 90, "test": 90}, 0)
    return data, trained_by_vitreous(work, data)


def trained_by_vitreous(work: Path, data: Path, *options: str) -> Network:
    name = options[1] if options else "head"
    run_well([*VITREOUS, "train", data, "--tune", "none", "--runs", work / "runs", "--name", name, *options], environment(work / "cache"))
    return load_network(work / "runs" / f"{name}-1" / "model.onnx")


def planted(benchmark: Benchmark, name: str, data: Path, network: Network, most: int) -> None:
    """How often the strongest cell overlaps the mark, for each method, with the network's weights and without them."""
    boxes = {picture: box for picture, box in json.loads((data / "boxes.json").read_text()).items() if picture.startswith("test/")}
    hits: dict[str, list[bool]] = {}
    without: dict[str, list[bool]] = {}
    right = 0
    for number, (picture, corners) in enumerate(list(boxes.items())[:most]):
        found = inside(network, data / picture)
        question, label = question_of(found), picture.split("/")[1]
        right += question.score.label == label
        if label == "none" or question.score.label != label:
            continue
        box = in_view(corners, network, found.decoded.width)
        redrawn = question.with_weights(redrawn_weights(question, layers_with_weights(question), number))
        for method, map_of in MAPS.items():
            try:
                pair = map_of(question), map_of(redrawn)
            except UsageError:  # no class activation map of this network
                continue
            hits.setdefault(method, []).append(overlaps(pair[0], box))
            without.setdefault(method, []).append(overlaps(pair[1], box))
    accuracy = right / min(most, len(boxes))
    benchmark.measured[name] = {"accuracy": accuracy, "hits": {m: float(np.mean(h)) for m, h in hits.items()}} if hits else {"accuracy": accuracy}
    if accuracy < LEARNED:
        print(f"{name} did not learn to tell the classes ({accuracy:.0%}): there is no evidence to point to")
        return
    for method, met in hits.items():
        count = len(met)
        benchmark.claim(Claim(f"{name}: {method} points to the mark", float(np.mean(met)), "of pictures", "at least", 0.95, note=f"of {count}"))
        # as often as one of the five patches by chance: what 99 of 100 such series stay below
        limit = float(binom.ppf(0.99, count, 1 / PATCHES)) / count
        rate = float(np.mean(without[method]))
        benchmark.claim(
            Claim(f"{name}, weights redrawn: {method} meets the mark", rate, "of pictures", "at most", round(limit, 3), note="chance 0.2")
        )


def in_view(corners: list[float], network: Network, width: int) -> Box:
    """A box of a square file in pixels of what the network sees."""
    x0, y0, x1, _ = network.view.box(width, width)
    scale = network.view.size / (x1 - x0)
    a, b, c, d = corners
    return (a - x0) * scale, (b - y0) * scale, (c - x0) * scale, (d - y0) * scale


def overlaps(found: Saliency, box: Box) -> bool:
    x0, y0, x1, y1 = found.box(found.peak)
    return x0 < box[2] and x1 > box[0] and y0 < box[3] and y1 > box[1]


def seconds(benchmark: Benchmark, photos: Path, repeats: int) -> None:
    """196 positions of one photo through the shipped network, the engine started before."""
    question = question_of(inside(load_network(), min(photos.rglob("*.jpg"))))
    start = time.perf_counter()
    occlusion(question)
    benchmark.measured["occlusion with the start of the engine"] = round(time.perf_counter() - start, 3)
    engine = start_engine(question.network, default_setting(POSITIONS))
    pictures = np.repeat(question.picture[None], POSITIONS, 0)
    run_batch(engine, pictures)
    sides = alternate(repeats, {"map": lambda: timed(lambda: occlusion(question)), "answers": lambda: timed(lambda: run_batch(engine, pictures))})
    limit = median(sides["answers"])
    note = f"as many plain answers take {limit:.2f} s here"
    benchmark.claim(Claim("occlusion of one photo, 196 positions, shipped network", median(sides["map"]), "s", "at most", 1.0, sides["map"], note))
    ratios = [ours / plain for ours, plain in zip(sides["map"], sides["answers"], strict=True)]
    benchmark.claim(Claim("occlusion of one photo beside 196 plain answers", median(ratios), "× their time", "at most", 1.1, ratios))


def flips(benchmark: Benchmark, photos: Path, count: int) -> None:
    """How large the smallest changes are that were found, on photos and the shipped network."""
    network, sizes, pixels, took = load_network(), [], [], []
    for photo in sorted(photos.rglob("*.jpg"))[:: max(1, len(list(photos.rglob("*.jpg"))) // count)][:count]:
        found = inside(network, photo)
        start = time.perf_counter()
        turned = flip(found)
        took.append(round(time.perf_counter() - start, 2))
        if turned.changed is not None:
            sizes.append(round(turned.size, 2))
            pixels.append(turned.pixels)
    benchmark.measured["flips"] = {"sizes": sizes, "pixels": pixels, "seconds": took}
    benchmark.claim(
        Claim("photos whose answer was flipped, run by the engine", len(sizes) / count, "of photos", "at least", 0.95, note=f"of {count}")
    )


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
