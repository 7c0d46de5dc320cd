"""How much sooner than what a good engineer writes with torch: `vitreous train` beside ../shared/peers/expert_torch.py?

    python benchmarks/beside_expert.py --torch-python PATH [--limit N] [--timeout SECONDS]

Both from process start to an accuracy on the test photos, by turns. Target: at least 3 × faster, and an accuracy that is not
lower by more than one standard error. The expert's bf16 is slow on processors that cannot multiply it: where its time is up,
the ratio is a lower bound, and it runs once only; there the same script in fp32 takes part too. --limit N takes N photos a class and split.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from first_model import some_of
from harness import (
    SHARED,
    SIDES,
    VITREOUS,
    Benchmark,
    Claim,
    alternate,
    begin,
    environment,
    median,
    parser,
    require,
    run,
    run_well,
    skip,
    torch_python,
)

LEAST_RATIO = 3.0
Side = Callable[[], dict[str, Any]]


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--torch-python", help="a Python that has torch (or VITREOUS_TORCH_PYTHON)")
    options.add_argument("--limit", type=int, help="photos of each class and split (all)")
    options.add_argument("--timeout", type=float, default=900, help="seconds that the expert may take (%(default)s)")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where copies are kept")
    arguments = options.parse_args()
    expert = SHARED / "peers" / "expert_torch.py"
    clothing: Path = arguments.data / "clothing"
    require(clothing, expert)
    python = torch_python(arguments)
    if python is None:
        skip("nothing to compare with")
    if arguments.quick:
        arguments.limit, arguments.repeats, arguments.timeout = 12, 1, 20
    photos = some_of(clothing, arguments.work, arguments.limit) if arguments.limit else clothing
    benchmark = begin("beside_expert", arguments)
    sides: dict[str, Side] = {
        "vitreous": lambda: ours(photos),
        "expert in bf16": once_only_if_late(lambda: theirs([python, expert, photos], arguments.timeout)),
    }
    if not {"avx512_bf16", "amx_bf16"} & set(benchmark.machine["instructions"]):
        without: list[str | Path] = [python, SIDES / "expert_without_bf16.py", expert, photos]
        sides["expert in fp32"] = once_only_if_late(lambda: theirs(without, arguments.timeout))
    found = alternate(arguments.repeats, sides)
    tests = sum(1 for _ in (photos / "test").glob("*/*"))
    benchmark.measured = {"photos": sum(1 for _ in photos.glob("*/*/*")), "test_photos": tests, "limit": arguments.limit, **found}
    for name in list(sides)[1:]:
        compare(benchmark, name, found["vitreous"], found[name], tests)
    benchmark.write()


def ours(photos: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as fresh:
        ran = run_well([*VITREOUS, "train", photos, "--tune", "none", "--json", "--runs", Path(fresh) / "runs"], environment(Path(fresh) / "cache"))
        return {"seconds": round(ran.seconds, 2), "accuracy": ran.json()["metrics"]["accuracy"]}


def theirs(command: list[str | Path], timeout: float) -> dict[str, Any]:
    """Seconds and accuracy; the accuracy is None where the time was up, and the seconds then are too few."""
    ran = run(command, timeout=timeout)
    if ran.code is None:
        return {"seconds": round(ran.seconds, 2), "accuracy": None}
    if ran.code:
        sys.exit(f"the expert's script ended with {ran.code}:\n{ran.errors[-2000:]}")
    return {"seconds": round(ran.seconds, 2), "accuracy": ran.json()["accuracy"]}


def once_only_if_late(side: Side) -> Side:
    """The side, which is not asked again once its time was up."""
    last: dict[str, Any] = {}

    def asked() -> dict[str, Any]:
        nonlocal last
        if not last or last["accuracy"] is not None:
            last = side()
        return last

    return asked


def compare(benchmark: Benchmark, name: str, own: list[dict[str, Any]], other: list[dict[str, Any]], tests: int) -> None:
    """The claims about speed and, where the other one came to an end, accuracy."""
    ratios = [round(b["seconds"] / a["seconds"], 2) for a, b in zip(own, other, strict=True)]
    late = any(each["accuracy"] is None for each in other)
    note = (
        f"{median([each['seconds'] for each in own]):.1f} s against {'more than ' if late else ''}{median([each['seconds'] for each in other]):.1f} s"
    )
    if late:
        note += "; a lower bound: its time was up"
    benchmark.claim(Claim(f"faster than the {name}", median(ratios), "×", "at least", LEAST_RATIO, ratios, note))
    if late:
        return
    accuracy, reference = own[-1]["accuracy"], other[-1]["accuracy"]
    points, error = round(100 * (accuracy - reference), 2), round(100 * (reference * (1 - reference) / tests) ** 0.5, 2)
    note = f"{accuracy:.4f} against {reference:.4f}; the target is one standard error"
    benchmark.claim(Claim(f"accuracy above the {name}", points, "points", "at least", -error, note=note))


if __name__ == "__main__":
    main()
