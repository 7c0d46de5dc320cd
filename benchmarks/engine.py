"""How many pictures a second, beside torch and beside OpenVINO's own benchmark_app?

    python benchmarks/engine.py [--torch-python PATH] [--seconds N]

EfficientNet-Lite0 at 224×224, at full load, each side in a process of its own, by turns: our engine, asynchronous, in the
setting that it chooses itself; torch eager in fp32, NCHW, batch 32; benchmark_app on the same file, in its default number
format with the throughput hint, at the best of three batch sizes. Targets: at least 18 × torch where the processor has AMX, 6 × with
AVX-512 or AVX2; at least 0.9 × benchmark_app.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness import NET, SIDES, Benchmark, Claim, alternate, begin, environment, instruction_set, median, parser, require, run_well, torch_python

TIMES_TORCH = {"AMX": 18.0, "AVX-512": 6.0, "AVX2": 6.0}
OF_BENCHMARK_APP = 0.9
BATCHES = (1, 8, 32)
_THROUGHPUT = re.compile(r"Throughput:\s+([\d.]+) FPS")


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--torch-python", help="a Python that has torch (or VITREOUS_TORCH_PYTHON)")
    options.add_argument("--seconds", type=float, default=6.0, help="seconds that each side runs each time (%(default)s)")
    arguments = options.parse_args()
    require(NET)
    if arguments.quick:
        arguments.repeats, arguments.seconds = 1, 1.0
    benchmark = begin("engine", arguments)
    python = torch_python(arguments)
    with tempfile.TemporaryDirectory() as cache:
        sides: dict[str, Callable[[], dict[str, Any]]] = {"vitreous": lambda: ours(Path(cache), arguments.seconds)}
        if python:
            sides["torch eager"] = lambda: run_well([python, SIDES / "torch_eager.py", str(arguments.seconds)]).json()
        for batch in BATCHES:
            sides[f"benchmark_app batch {batch}"] = partial(benchmark_app, batch, arguments.seconds)
        sides["vitreous"]()  # chooses its setting and compiles: not in the time of one round only
        found = alternate(arguments.repeats, sides)
    benchmark.measured = {"instruction_set": instruction_set(), **found}
    compare(benchmark, found)
    benchmark.write()


def ours(cache: Path, seconds: float) -> dict[str, Any]:
    return run_well([sys.executable, SIDES / "our_engine.py", str(seconds)], environment(cache)).json()


def benchmark_app(batch: int, seconds: float) -> dict[str, Any]:
    shape = f"image[{batch},224,224,3]"
    command: list[str | Path] = [sys.executable, SIDES / "openvino_benchmark.py", "-m", NET, "-d", "CPU", "-hint", "throughput", "-shape", shape]
    ran = run_well([*command, "-t", str(max(1, round(seconds)))])
    match = _THROUGHPUT.search(ran.output + ran.errors)
    if match is None:
        sys.exit(f"benchmark_app printed no throughput:\n{(ran.output + ran.errors)[-2000:]}")
    return {"per_s": float(match[1])}


def compare(benchmark: Benchmark, found: dict[str, list[dict[str, Any]]]) -> None:
    own = [each["per_s"] for each in found["vitreous"]]
    if "torch eager" in found:
        other = [each["per_s"] for each in found["torch eager"]]
        ratios = [round(a / b, 2) for a, b in zip(own, other, strict=True)]
        note = f"{median(own):.0f} against {median(other):.1f} pictures/s; {found['vitreous'][0]['setting']}"
        target = TIMES_TORCH[instruction_set()]
        benchmark.claim(Claim(f"engine beside torch eager fp32 ({instruction_set()})", median(ratios), "×", "at least", target, ratios, note))
    apps = {name: [each["per_s"] for each in runs] for name, runs in found.items() if name.startswith("benchmark_app")}
    best = max(apps, key=lambda name: median(apps[name]))
    ratios = [round(a / b, 3) for a, b in zip(own, apps[best], strict=True)]
    note = f"{median(own):.0f} against {median(apps[best]):.0f} pictures/s"
    benchmark.claim(Claim(f"engine beside {best}", median(ratios), "×", "at least", OF_BENCHMARK_APP, ratios, note))


if __name__ == "__main__":
    main()
