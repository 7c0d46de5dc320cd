"""How fast is the training loop beside a loop written by hand, and beside the loop of most tutorials?

    python benchmarks/loop.py [--pictures N] [--threads T] [--quick]

LeNet on pictures of 28×28 grey pixels in batches of 64 with AdamW, an epoch a measurement, by turns:

    ours       vitreous.training.loop: recipe, schedule, gradient norm, checks for numbers that are none, sums, what happens in layers
    minimal    fifteen lines of torch on the same uint8 tensor in memory: index, normalise, forward, backward, step
    common     a Dataset that opens PNG files with Pillow, a DataLoader that shuffles and collates (no worker processes: the machine has two cores)

Judging the held-out pictures is left out everywhere. Noise pictures: the time of a step does not depend on what is in them.
Targets: ours at least 0.95 times as fast as minimal, and at least 3 times as fast as common.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from harness import Claim, alternate, begin, median, parser, skip

SIDE, CLASSES, BATCH = 28, 10, 64
OF_MINIMAL, OF_COMMON = 0.95, 3.0


def main() -> None:
    options = parser(__doc__, repeats=7)
    options.add_argument("--pictures", type=int, default=6400, help="in an epoch (%(default)s)")
    options.add_argument("--threads", type=int, default=1, help="of torch (%(default)s)")
    arguments = options.parse_args()
    try:
        import torch
    except ImportError:
        skip("torch is not installed")
    torch.set_num_threads(arguments.threads)
    benchmark = begin("loop", arguments)
    count, rounds = (640, 2) if arguments.quick else (arguments.pictures, arguments.repeats)
    random = np.random.default_rng(0)
    pictures, target = random.integers(0, 256, (count, SIDE, SIDE, 1), np.uint8), random.integers(0, CLASSES, count)
    with tempfile.TemporaryDirectory() as folder:
        files = written(Path(folder), pictures)
        sides = {
            "ours": lambda: ours(pictures, target, arguments.threads),
            "minimal": lambda: minimal(pictures, target),
            "common": lambda: common(files, target),
        }
        for side in sides.values():
            side()  # what the first epoch prepares does not count
        found = alternate(rounds, sides)
    benchmark.measured = {"seconds": found, "pictures": count, "threads": arguments.threads, "torch": torch.__version__}
    for other, target_ratio in (("minimal", OF_MINIMAL), ("common", OF_COMMON)):
        ratios = [theirs / mine for mine, theirs in zip(found["ours"], found[other], strict=True)]
        benchmark.claim(Claim(f"LeNet, an epoch: speed of {other}'s", median(ratios), "times", "at least", target_ratio, ratios))
    benchmark.write()


def ours(pictures, target, threads):  # type: ignore[no-untyped-def]
    import torch

    from vitreous.fit.pictures import Pictures
    from vitreous.training.bench import bench
    from vitreous.training.loop import train
    from vitreous.training.pictures import Batches, standard_of
    from vitreous.training.position import Position
    from vitreous.training.recipe import Recipe

    recipe = Recipe(
        "lenet", 1, SIDE, CLASSES, 0, epochs=1, batch=BATCH, rate=1e-3, optimizer="adamw", momentum=None, decay=1e-2, schedule="one-cycle",
        loss="cross-entropy", smoothing=0.0, class_weights="none", mixup=0.0, dropout=None, augment="none", clip=None, average=0.0, patience=9,
        device="cpu", threads=threads,
    )  # fmt: skip
    shown = Pictures(pictures, np.arange(len(pictures)))
    standard = standard_of(shown, 1)
    learned = Batches(shown, target, standard, torch.device("cpu"), False)
    held = Batches(shown[:0], target[:0], standard, torch.device("cpu"), False)
    made = bench(recipe, learned, held)
    begun = time.perf_counter()
    train(made, Position(), [""] * len(shown), lambda: False, lambda: None)
    return time.perf_counter() - begun


def minimal(pictures, target):  # type: ignore[no-untyped-def]
    import torch
    from torch.nn.functional import cross_entropy

    from vitreous.nets import build

    x, y = torch.from_numpy(pictures), torch.from_numpy(target)
    mean, std = x.float().mean(), x.float().std()
    net = build("lenet", CLASSES, 1, SIDE)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    begun = time.perf_counter()
    order = torch.randperm(len(x))
    for first in range(0, len(x), BATCH):
        chosen = order[first : first + BATCH]
        batch = ((x[chosen].float() - mean) / std).permute(0, 3, 1, 2)
        loss = cross_entropy(net(batch), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - begun


def common(files, target):  # type: ignore[no-untyped-def]
    import torch
    from PIL import Image
    from torch.nn.functional import cross_entropy
    from torch.utils.data import DataLoader, Dataset

    from vitreous.nets import build

    class Files(Dataset):  # type: ignore[misc, type-arg]
        def __len__(self) -> int:
            return len(files)

        def __getitem__(self, number: int):  # type: ignore[no-untyped-def]
            picture = torch.from_numpy(np.array(Image.open(files[number]).convert("L")))[None]
            return picture.float().div(255).sub(0.5).div(0.5), int(target[number])

    net = build("lenet", CLASSES, 1, SIDE)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    begun = time.perf_counter()
    for batch, label in DataLoader(Files(), BATCH, shuffle=True):
        loss = cross_entropy(net(batch), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - begun


def written(folder: Path, pictures):  # type: ignore[no-untyped-def]
    from PIL import Image

    files = []
    for number, picture in enumerate(pictures):
        files.append(folder / f"{number}.png")
        Image.fromarray(picture[..., 0]).save(files[-1])
    return files


if __name__ == "__main__":
    sys.exit(main())
