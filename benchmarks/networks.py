"""How good does each network of the lecture become in the same minutes, from the linear classifier to ResNet-20?

    python benchmarks/networks.py [--minutes M] [--best-minutes B] [--only DATA] [--work FOLDER]

Fashion-MNIST (70,000 PNG files of 28×28; Debian: dataset-fashion-mnist) and CIFAR-10 (60,000 JPEG files of 32×32), each with its own test part, asked
once at the end; training on CIFAR-10 keeps at most 2.5 GB resident. Every network has M minutes on all cores, all told: reading the files,
learning, calibrating, testing; with the recipe that it has without any option, besides the network's name; ResNets with `--augment auto`, which in
minutes helps no smaller one. The last rows are LeNet and the best of ours, in B minutes. Multiply-adds and parameters are those at this size.
"""

import gzip
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from harness import VITREOUS, Benchmark, Claim, begin, environment, parser, run, skip
from PIL import Image

FASHION = Path("/usr/share/datasets/fashion-mnist")
GARMENTS = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
SIZES = {"fashion": 28, "cifar10": 32}
NETS = ("linear", "classical", "mlp", "lenet", "resnet9", "resnet20-cifar", "lenet longer", "best")
BEST = ("resnet9", "--augment", "flip", "--smoothing", "0.1", "--average", "0.99")
LENET, GREATEST, MOST_MEMORY = 91.0, 94.0, 2500.0
# The learned networks see pixels; the classical way is a pipeline of its own.
_LEARNED = ("linear", "mlp", "lenet", "resnet9", "resnet20-cifar")
_AUGMENTED = ("resnet9", "resnet20-cifar")
# On Fashion-MNIST only, in more minutes: what is trained, and how.
_LONGER = {"lenet longer": ("lenet",), "best": BEST}


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--minutes", type=float, default=3.0, help="of each network (%(default)s)")
    options.add_argument("--best-minutes", type=float, default=10.0, help="of the best network (%(default)s)")
    options.add_argument("--only", choices=SIZES, help="one of the two data sets")
    options.add_argument("--nets", nargs="*", default=NETS, help="some of the networks")
    options.add_argument("--fashion", type=Path, default=FASHION, help="the folder of Fashion-MNIST's idx files (%(default)s)")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where the pictures are kept")
    arguments = options.parse_args()
    try:
        import torch  # noqa: F401
    except ImportError:
        skip("torch is not installed")
    benchmark = begin("networks", arguments)
    benchmark.measured = benchmark.measured_before()  # rows that are not measured now stay as they were, each with its commit
    if arguments.only in (None, "fashion"):
        if arguments.fashion.is_dir():
            rows(benchmark, "fashion", _fashion_files(arguments.fashion, arguments.work))
        else:
            print("Fashion-MNIST is left out: it is not there (Debian: dataset-fashion-mnist)")
    archive = arguments.data / "cifar10-jpeg.tar.xz"
    if arguments.only in (None, "cifar10"):
        if archive.is_file():
            rows(benchmark, "cifar10", _unpacked(archive, arguments.work))
        else:
            print(f"CIFAR-10 is left out: {archive.name} is not there")
    found = benchmark.measured.get("fashion", {})
    if "lenet longer" in found:
        claimed(benchmark, f"LeNet on Fashion-MNIST in {found['lenet longer']['minutes']:g} minutes", found["lenet longer"], LENET)
    if "best" in found:
        claimed(benchmark, f"the best on Fashion-MNIST in {found['best']['minutes']:g} minutes ({BEST[0]})", found["best"], GREATEST)
    if peaks := [(row["peak_mb"], net) for net, row in benchmark.measured.get("cifar10", {}).items() if net in _LEARNED and "peak_mb" in row]:
        peak, net = max(peaks)
        benchmark.claim(Claim("training on CIFAR-10, resident", peak, "MB", "at most", MOST_MEMORY, note=f"{net}, of {len(peaks)} networks"))
    benchmark.write()


def claimed(benchmark: Benchmark, what: str, row: dict[str, Any], target: float) -> None:
    low, high = row["interval"]
    benchmark.claim(Claim(what, row["accuracy"], "% right", "at least", target, note=f"[{low}, {high}], {row['seconds']:.0f} s in all"))


def rows(benchmark: Benchmark, data: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Every network on one data set; printed as they come."""
    found: dict[str, dict[str, Any]] = benchmark.measured.setdefault(data, {})
    quick, commit = benchmark.arguments.quick, benchmark.machine["commit"]
    for net in benchmark.arguments.nets:
        if net in _LONGER and data != "fashion":
            continue
        name, *options = _LONGER.get(net) or (net, *(("--augment", "auto") if net in _AUGMENTED else ()))
        minutes = 0.2 if quick else benchmark.arguments.best_minutes if net in _LONGER else benchmark.arguments.minutes
        found[net] = trained(folder, data, name, [*options, "--minutes", f"{minutes:g}"]) | {"minutes": minutes, "commit": commit}
        row = found[net]
        counts = f"{row['parameters']:>9,} weights  {row['multiply_adds']:>11,} multiply-adds"
        print(f"{data} {net:16} {row['accuracy']:6.2f} % {row['interval']}  {counts}  {row['epochs']} epochs  {row['seconds']:.0f} s", flush=True)
        benchmark.write()
    return found


def trained(folder: Path, data: str, net: str, options: list[str]) -> dict[str, Any]:
    """One training by the command, in a process of its own, with an empty cache."""
    sized = ["--size", str(SIZES[data])] if net in _LEARNED else []
    with tempfile.TemporaryDirectory() as fresh:
        command = [*VITREOUS, "train", folder, "--net", net, *sized, "--runs", fresh, "--name", "it", *options]
        ran = run(command, environment(Path(fresh) / "cache"))
        if ran.code != 0:
            raise SystemExit(f"{net} ended with {ran.code}:\n{ran.errors[-2000:]}")
        facts = json.loads((Path(fresh) / "it-1" / "run.json").read_bytes())["facts"]
        history = Path(fresh) / "it-1" / "history.jsonl"
        epochs = len(history.read_text().splitlines()) if history.is_file() else 0
    parameters, multiply_adds = _counts(net, SIZES[data], 1 if data == "fashion" else 3)
    metrics = facts["metrics"]
    return {
        "accuracy": round(100 * metrics["accuracy"], 2),
        "interval": [round(100 * each, 2) for each in metrics["accuracy_interval"]],
        "parameters": parameters,
        "multiply_adds": multiply_adds,
        "epochs": epochs,
        "seconds": round(ran.seconds, 1),
        "peak_mb": round(ran.peak_mb),
    }


def _counts(net: str, size: int, channels: int) -> tuple[int, int]:
    """Parameters and multiply-adds for ten classes; of the classical way none are told."""
    if net not in _LEARNED:
        return 0, 0
    from vitreous.nets import build_outline
    from vitreous.nets.table import stages_of

    stages = stages_of(build_outline(net, classes=10, channels=channels, size=size), (channels, size, size))
    return sum(each.parameters for each in stages), sum(each.multiply_adds for each in stages)


def _fashion_files(source: Path, work: Path) -> Path:
    folder = work / "fashion-mnist"
    if (work / "fashion-mnist.done").is_file():
        return folder
    for part, name in (("train", "train"), ("t10k", "test")):
        pixels, labels = (gzip.decompress((source / f"{part}-{what}-ubyte.gz").read_bytes()) for what in ("images-idx3", "labels-idx1"))
        pictures = np.frombuffer(pixels, np.uint8, offset=16).reshape(-1, 28, 28)
        for garment in GARMENTS:
            (folder / name / garment).mkdir(parents=True, exist_ok=True)
        for number, (picture, label) in enumerate(zip(pictures, np.frombuffer(labels, np.uint8, offset=8), strict=True)):
            Image.fromarray(picture).save(folder / name / GARMENTS[label] / f"{number:05}.png")
    (work / "fashion-mnist.done").touch()
    return folder


def _unpacked(archive: Path, work: Path) -> Path:
    folder = work / "cifar10"
    if not (work / "cifar10.done").is_file():
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        (work / "cifar10.done").touch()
    inner = [each for each in folder.iterdir() if each.is_dir()]
    return inner[0] if len(inner) == 1 and inner[0].name not in ("train", "test") else folder


if __name__ == "__main__":
    main()
