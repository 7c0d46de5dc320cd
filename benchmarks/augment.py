"""What does augmentation cost, and does it find out what hurts?

    python benchmarks/augment.py [--torch-python PYTHON] [--fashion FOLDER] [--quick]

Augmentation (flip, crop, colour) of 50,000 pictures of 32×32, in batches of 128, beside one epoch of LeNet in plain torch on the same pictures,
both on one thread, by turns: target, at most a quarter of the epoch. Beside it each change alone, and the same by Pillow, picture by picture.

`vitreous see FOLDER --augment --picture FILE`: 64 views in at most 2 s after its imports.

The judgement: mirrored copies found harmful for digits, and for nothing else, over five draws of 1,000 pictures each.
"""

import gzip
import json
import os
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import Benchmark, Claim, alternate, begin, environment, median, parser, run_well, torch_python
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from sklearn.datasets import load_digits

from vitreous.core.view import View
from vitreous.data.decode import decode
from vitreous.training.augment import augmented, parse
from vitreous.training.augment.judge import harmful

FASHION = Path("/usr/share/datasets/fashion-mnist")
PICTURES, BATCH, SIZE = 50_000, 128, 32
ASKED = "flip,crop,colour"
SHARE, SECONDS = 0.25, 2.0
SINGLE = ("flip,crop", "brightness", "contrast", "colour", "sharpness", "auto")
DRAWS = 5


def main() -> None:
    options = parser(__doc__, repeats=5)
    options.add_argument("--torch-python", help="a Python that has torch (VITREOUS_TORCH_PYTHON, else this one)")
    options.add_argument("--fashion", type=Path, default=FASHION, help="the folder of its four idx files (%(default)s)")
    options.add_argument("--side", nargs="+", help="used by the benchmark itself: one measurement in a process of its own")
    arguments = options.parse_args()
    if arguments.side:
        print(json.dumps(SIDES[arguments.side[0]](*arguments.side[1:])))
        return
    arguments.torch_python = arguments.torch_python or os.environ.get("VITREOUS_TORCH_PYTHON") or sys.executable
    if arguments.quick:
        arguments.repeats = 1
    benchmark = begin("augment", arguments)
    cost(benchmark)
    views(benchmark)
    judgement(benchmark)
    benchmark.write()


def cost(benchmark: Benchmark) -> None:
    """Processor time of one thread, which other work on the machine disturbs less than the clock."""
    count = 2_000 if benchmark.arguments.quick else PICTURES
    python = torch_python(benchmark.arguments)
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        around = environment(Path(folder)) | one

        def ours() -> dict[str, Any]:
            return run_well([sys.executable, __file__, "--side", "augment", ASKED, str(count)], around).json()

        def epoch() -> dict[str, Any]:
            return run_well([python or "", __file__, "--side", "lenet", str(count)], around).json()

        found = alternate(benchmark.arguments.repeats, {"augment": ours, "lenet": epoch} if python else {"augment": ours})
        singles = {text: run_well([sys.executable, __file__, "--side", "augment", text, str(count)], around).json() for text in SINGLE}
        pillow = run_well([sys.executable, __file__, "--side", "pillow", str(count // 10)], around).json()
    rates = {text: round(1e6 * each["cpu_seconds"] / count, 1) for text, each in singles.items()}
    benchmark.measured["cost"] = {**found, "microseconds_a_picture": rates, "pillow_microseconds": round(1e7 * pillow["cpu_seconds"] / count, 1)}
    print(f"microseconds a picture: {rates}; {ASKED} by Pillow {benchmark.measured['cost']['pillow_microseconds']}")
    if not python:
        return
    shares = [a["cpu_seconds"] / b["cpu_seconds"] for a, b in zip(found["augment"], found["lenet"], strict=True)]
    seconds = [median([each["cpu_seconds"] for each in found[side]]) for side in ("augment", "lenet")]
    note = f"{seconds[0]:.2f} s of {seconds[1]:.1f} s for {count:,} pictures, each on one thread"
    benchmark.claim(Claim(f"{ASKED} beside an epoch of LeNet", median(shares), "of it", "at most", SHARE, shares, note))


def views(benchmark: Benchmark) -> None:
    photos = benchmark.arguments.data / "clothing"
    if not photos.exists():
        print("skipped the views: clothing is not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--side", "views", photos, Path(folder) / "views.png"]
        runs = [run_well(command, environment(Path(folder))).json() for _ in range(benchmark.arguments.repeats)]
    benchmark.measured["views"] = runs
    took = [each["seconds"] for each in runs]
    note = f"{median([each['cpu_seconds'] for each in runs]):.2f} s of processor time; {median([each['imports'] for each in runs]):.2f} s of imports"
    benchmark.claim(Claim("64 views of clothing, after the imports", median(took), "s", "at most", SECONDS, took, note))


def judgement(benchmark: Benchmark) -> None:
    sets = {"digits": digits, "Fashion-MNIST": fashion, "CIFAR-10": cifar, "clothing": clothing}
    rows: dict[str, Any] = {}
    draws = 1 if benchmark.arguments.quick else DRAWS
    for name, read in sets.items():
        labelled = read(benchmark.arguments)
        if labelled is None:
            print(f"skipped {name}: it is not there")
            continue
        found = [harmful(*labelled, seed, ("vertical_flip", "rotation", "colour")) for seed in range(draws)]
        start = time.process_time()
        found = [harmful(*labelled, seed) | each for seed, each in enumerate(found)]
        rows[name] = {
            "seconds": round((time.process_time() - start) / draws, 2),
            "verdicts": [{key: verdict.to_json() for key, verdict in each.items()} for each in found],
        }
        for key in found[0]:
            rises = [100 * each[key].rise for each in found]
            print(
                f"{name:14} {key:14} error {min(rises):+5.1f} to {max(rises):+5.1f} %  harm in {sum(each[key].harmful for each in found)} of {draws}"
            )
    benchmark.measured["judgement"] = rows
    wanted = {name: name == "digits" for name in rows}
    right = [verdict["flip"]["harmful"] == wanted[name] for name, row in rows.items() for verdict in row["verdicts"]]
    what = "mirrored digits hurt, other mirrored pictures do not"
    benchmark.claim(Claim(what, sum(right), f"of {len(right)} draws", "at least", len(right), note=", ".join(rows)))
    seconds = [row["seconds"] for row in rows.values()]
    benchmark.claim(Claim("mirrors judged, processor time of the slowest data set", max(seconds), "s", "at most", 3.0))


# ---- pictures


def digits(arguments: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    data = load_digits()
    return np.round(data.images * 15.9).astype(np.uint8)[..., None], data.target


def fashion(arguments: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    source = arguments.fashion
    if not (source / "train-images-idx3-ubyte.gz").exists():
        return None
    with gzip.open(source / "train-images-idx3-ubyte.gz") as images, gzip.open(source / "train-labels-idx1-ubyte.gz") as labels:
        X = np.frombuffer(images.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
        return X[:5000], np.frombuffer(labels.read(), np.uint8, offset=8)[:5000].astype(np.int64)


def cifar(arguments: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    archive = arguments.data / "cifar10-jpeg.tar.xz"
    if not archive.exists():
        return None
    pictures, labels = [], []
    with tarfile.open(archive) as files:
        for member in files:
            part, *rest = member.name.split("/")
            if part == "test" and member.isfile() and (file := files.extractfile(member)):
                pictures.append(np.asarray(Image.open(file).convert("RGB")))
                labels.append(rest[0])
    return np.stack(pictures), np.unique(labels, return_inverse=True)[1]


def clothing(arguments: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]] | None:
    files = sorted((arguments.data / "clothing" / "train").glob("*/*.jpg"))
    if not files:
        return None
    pictures = np.stack([decode(str(file), (View.crop(64),)).views[0] for file in files])
    return pictures, np.unique([file.parent.name for file in files], return_inverse=True)[1]


# ---- in a process of its own


def augment_side(text: str, count: str) -> dict[str, Any]:
    pictures, numbers = _noise(int(count)), np.arange(int(count))
    allowed = parse(text, SIZE)
    augmented(pictures[:BATCH], numbers[:BATCH], 0, 0, allowed)
    return _timed(lambda: [augmented(pictures[k : k + BATCH], numbers[k : k + BATCH], 0, 1, allowed) for k in range(0, len(pictures), BATCH)])


def lenet_side(count: str) -> dict[str, Any]:
    """The loop that everybody writes: pictures in memory, float batches, cross-entropy, SGD with momentum."""
    import torch
    from torch.nn.functional import cross_entropy

    from vitreous.nets import build

    torch.set_num_threads(1)
    pictures, target = torch.from_numpy(_noise(int(count))), torch.randint(0, 10, (int(count),))
    net = build("lenet", classes=10, channels=3, size=SIZE)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

    def epoch(number: int) -> None:
        for first in range(0, number, BATCH):
            X = pictures[first : first + BATCH].permute(0, 3, 1, 2).float().div_(255)
            optimizer.zero_grad()
            cross_entropy(net(X), target[first : first + BATCH]).backward()
            optimizer.step()

    epoch(2 * BATCH)
    return _timed(lambda: epoch(len(pictures)))


def pillow_side(count: str) -> dict[str, Any]:
    """The same changes, one picture after the other, as transforms on PIL images do them."""
    pictures, random = _noise(int(count)), np.random.default_rng(0)

    def change(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        image = Image.fromarray(np.pad(picture, ((4, 4), (4, 4), (0, 0)), mode="reflect"))
        left, top = random.integers(0, 9, 2).tolist()
        image = image.crop((left, top, left + SIZE, top + SIZE))
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return np.asarray(ImageEnhance.Color(image).enhance(random.uniform(0.8, 1.2)))

    return _timed(lambda: [change(picture) for picture in pictures])


def views_side(folder: str, file: str) -> dict[str, Any]:
    begun = time.perf_counter()
    import matplotlib.backends.backend_agg
    import matplotlib.figure  # noqa: F401 - its import is not what is measured

    import vitreous as vt
    import vitreous.draw.views
    import vitreous.training.augment.shown

    imported = time.perf_counter()
    timed = _timed(lambda: Path(file).write_bytes(vt.augmentations(folder).picture("png")))
    return timed | {"imports": round(imported - begun, 3)}


def _noise(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def _timed(work: Callable[[], Any]) -> dict[str, Any]:
    start, cpu = time.perf_counter(), time.process_time()
    work()
    return {"seconds": round(time.perf_counter() - start, 3), "cpu_seconds": round(time.process_time() - cpu, 3)}


SIDES: dict[str, Callable[..., dict[str, Any]]] = {"augment": augment_side, "lenet": lenet_side, "pillow": pillow_side, "views": views_side}


if __name__ == "__main__":
    main()
