"""Is a network faster in our engine, once it is exported, than in torch?

    python benchmarks/exported.py [--torch-python PATH] [--nets NAME,NAME] [--seconds N]

Every network with convolutions, at its paper's size, at full load, each side in a process of its own, by turns: exported and run by our
engine in the setting that it chooses itself, and in torch eager, fp32, NCHW, batch 8. Target: at least 2 × torch, each. The Python that is
named must have torch and what our engine needs; both sides run in it.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness import ROOT, SIDES, Benchmark, Claim, alternate, begin, environment, instruction_set, median, parser, run_well, skip, torch_python

TIMES_TORCH = 2.0
NETS = (
    "lenet",
    "alexnet",
    "vgg11",
    "vgg16",
    "googlenet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet20-cifar",
    "resnet56-cifar",
    "efficientnet-lite0",
    "efficientnet-lite2",
)
QUICK = ("lenet", "resnet20-cifar")


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--torch-python", help="a Python that has torch (or VITREOUS_TORCH_PYTHON)")
    options.add_argument("--nets", default=",".join(NETS), help="which networks (%(default)s)")
    options.add_argument("--seconds", type=float, default=5.0, help="seconds that each side runs each time (%(default)s)")
    arguments = options.parse_args()
    names = arguments.nets.split(",")
    if arguments.quick:
        arguments.repeats, arguments.seconds = 1, 0.5
        names = [name for name in names if name in QUICK]
    python = torch_python(arguments)
    if python is None:
        skip("both sides need torch")
    benchmark = begin("exported", arguments)
    benchmark.measured = {"instruction_set": instruction_set()}
    with tempfile.TemporaryDirectory() as cache:
        for name in names:
            sides: dict[str, Callable[[], dict[str, Any]]] = {
                side: partial(full_load, python, side, name, arguments.seconds, Path(cache)) for side in ("engine", "torch")
            }
            sides["engine"]()  # chooses its setting and compiles: not in the time of one round only
            found = alternate(arguments.repeats, sides)
            benchmark.measured[name] = found
            compare(benchmark, name, found)
    benchmark.write()


def full_load(python: str, side: str, name: str, seconds: float, cache: Path) -> dict[str, Any]:
    env = environment(cache) | {"PYTHONPATH": str(ROOT / "src")}
    return run_well([python, SIDES / "exported_network.py", side, name, str(seconds)], env).json()


def compare(benchmark: Benchmark, name: str, found: dict[str, list[dict[str, Any]]]) -> None:
    own, other = ([each["per_s"] for each in found[side]] for side in ("engine", "torch"))
    ratios = [round(a / b, 2) for a, b in zip(own, other, strict=True)]
    note = f"{median(own):.1f} against {median(other):.1f} pictures/s; {found['engine'][0]['setting']}"
    benchmark.claim(Claim(f"{name} in the engine beside torch eager fp32", median(ratios), "×", "at least", TIMES_TORCH, ratios, note))


if __name__ == "__main__":
    main()
