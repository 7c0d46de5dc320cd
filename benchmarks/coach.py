"""Does the coach name what is wrong with a training, and keep silent where nothing is?

    python benchmarks/coach.py [--fashion FOLDER] [--quick]

216 tiny trainings (80 to 2,000 pictures, 2 to 60 epochs) with a planted fault or none: benchmarks/sides/planted_trainings.py. 144 were looked at
while the rules were written; 72 (other data, seeds and widths) were run once they stood, and their figures are the claims. Named rightly: the first
finding is the planted one. A rate that is too high may end as a divergence, so either name is right for either, and so is `start` (weights
that begin too large) beside `saturated`. A false alarm: any finding in a training without a fault.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import Benchmark, Claim, begin, parser, skip

sys.path.insert(0, str(Path(__file__).parent / "sides"))

FASHION = Path("/usr/share/datasets/fashion-mnist")
NAMED, FALSE_ALARMS = 90.0, 5.0
ALSO_RIGHT = {"rate too high": ("divergence",), "divergence": ("rate too high",), "saturated": ("start",)}
_QUICK = 12  # every so many of each half


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--fashion", type=Path, default=FASHION, help="the folder of Fashion-MNIST's idx files (%(default)s)")
    arguments = options.parse_args()
    if not arguments.fashion.is_dir():
        skip("Fashion-MNIST is not there (Debian: dataset-fashion-mnist)")
    benchmark = begin("coach", arguments)
    for name, first in (("kept aside", False), ("written with", True)):
        judged = run_half(first, arguments.fashion, arguments.quick)
        benchmark.measured[name] = {"trainings": judged, "table": table(judged)}
        say(benchmark, name, judged, claimed=not first)
        benchmark.write()


def run_half(first: bool, fashion: Path, quick: bool) -> list[dict[str, Any]]:
    from planted_trainings import half

    numbers = range(0, len(half(first)), _QUICK if quick else 1)
    return [judge(first, number, fashion) for number in numbers]


def judge(first: bool, number: int, fashion: Path) -> dict[str, Any]:
    from planted_trainings import half, recorded

    from vitreous.training.coach import Context, read
    from vitreous.training.coach.before import before

    planted = half(first)[number]
    result = recorded(planted, fashion, before)
    context = Context.of(result.recipe.to_json())
    found = [each.kind for each in (*result.before, *read(result.history, result.steps, context, result.failure))]
    named = found[:1] and found[0] in (planted.kind, *ALSO_RIGHT.get(planted.kind, ()))
    right = not found if planted.kind == "none" else bool(named)
    print(f"{planted.kind} ({planted.data}): {', '.join(found) or 'nothing found'}{'' if right else '   WRONG'}", flush=True)
    last = result.history[-1] if result.history else {}
    kept = {key: round(last[key], 4) for key in ("train_loss", "held_loss", "train_accuracy", "held_accuracy") if key in last}
    return {"planted": planted.kind, "data": planted.data, "spoil": planted.spoil, "found": found, "right": right, "last": kept}


def table(judged: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """By what was planted: how many were judged rightly, of how many."""
    kinds = dict.fromkeys(each["planted"] for each in judged)
    return {
        kind: [sum(each["right"] for each in judged if each["planted"] == kind), sum(each["planted"] == kind for each in judged)] for kind in kinds
    }


def say(benchmark: Benchmark, name: str, judged: Sequence[dict[str, Any]], claimed: bool) -> None:
    planted, sound = [each for each in judged if each["planted"] != "none"], [each for each in judged if each["planted"] == "none"]
    for kind, (right, all_of_it) in table(judged).items():
        print(f"    {kind:18} {right:3} of {all_of_it}")
    figures = [("planted faults named rightly", planted, True, "at least", NAMED), ("false alarms", sound, False, "at most", FALSE_ALARMS)]
    for what, those, right, comparison, target in figures:
        count = sum(each["right"] is right for each in those)
        share, note = round(100 * count / max(1, len(those)), 1), f"{count} of {len(those)}"
        print(f"    {name}: {what}: {note}")
        benchmark.measured[name][what] = {"share, %": share, "count": note}
        if claimed:
            benchmark.claim(Claim(f"{what}, of trainings {name}", share, "%", comparison, target, note=note))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
