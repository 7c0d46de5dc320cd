"""A short form of every benchmark, beside the results that are kept: what got slower or worse, and by how much.

    python benchmarks/again.py [NAME ...] [--minutes M]          make bench

Each runs with --quick, or where it is cheap with the work of its long form and fewer repeats. A figure is compared

    as it is      on the machine of the kept result, where the short form does the same work
    as a share    ratios (×), percent and points, on any machine; of few pictures they scatter, so small differences say little
    not at all    seconds and megabytes of another machine or of less work

and named where it is worse by more than a tenth of itself and lies beyond every single measurement of the kept one. Nothing in benchmarks/results
changes. What needs peers or data that are not there is skipped, saying so. Exits 1 where something is worse.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import BUSY

HERE = Path(__file__).resolve().parent
KEPT = HERE / "results"
NO_BENCHMARKS = ("harness", "table", "again")
# The work of the long form, in a minute or two: seconds can be compared, too.
SAME_WORK: dict[str, tuple[str, ...]] = {"start": ("--repeats", "5"), "predict_cold": ("--repeats", "3"), "loop": ("--repeats", "3")}
NOTICED = 0.1
_SAME_MACHINE = ("processor", "cores", "instructions", "onednn_cap")
_ABSOLUTE = ("s", "MB", "KB", "ms", "pictures")


@dataclass(frozen=True)
class Compared:
    """One figure now and as it was kept. `change`: its share of the kept one, positive where it is worse; None where they are not comparable."""

    what: str
    unit: str
    now: float
    before: float
    change: float | None
    worse: bool
    why: str = ""

    def __str__(self) -> str:
        figures = f"{self.what}: {self.now:.4g} {self.unit}, kept {self.before:.4g}"
        if self.change is None:
            return f"not compared  {figures} ({self.why})"
        word = "WORSE" if self.worse else "better" if self.change < -NOTICED else "as before"
        return f"{word:13} {figures} ({abs(self.change):.0%} {'worse' if self.change > 0 else 'better'})"


def compare(now: Mapping[str, Any], kept: Mapping[str, Any]) -> list[Compared]:
    """The claims of a result beside those of the kept one that have their names."""
    before = {claim["what"]: claim for claim in kept["claims"]}
    same_machine = all(now["machine"].get(fact) == kept["machine"].get(fact) for fact in _SAME_MACHINE)
    return [_compared(claim, before[claim["what"]], same_machine, bool(now["quick"])) for claim in now["claims"] if claim["what"] in before]


def _compared(now: Mapping[str, Any], kept: Mapping[str, Any], same_machine: bool, quick: bool) -> Compared:
    figures = now["what"], now["unit"], float(now["figure"]), float(kept["figure"])
    absolute = bool(now["unit"]) and now["unit"].split()[0] in _ABSOLUTE
    why = now["failure"] or kept["failure"]
    if now["unit"] != kept["unit"]:
        why = why or f"kept in another unit, {kept['unit']!r}"
    elif absolute and not same_machine:
        why = why or "another machine"
    elif absolute and quick:
        why = why or "less work"
    if why:
        return Compared(*figures, None, bool(now["failure"]) and not kept["failure"], why)
    sign = 1 if now["comparison"] == "at most" else -1
    difference = sign * (figures[2] - figures[3])
    change = difference / abs(figures[3]) if figures[3] else float(difference > 0) - float(difference < 0)
    worst = max(sign * each for each in [*kept["runs"], figures[3]])
    return Compared(*figures, change, change > NOTICED and sign * figures[2] > worst)


def names() -> list[str]:
    """The files here that begin a result of their own; the others are parts of them."""
    return sorted(path.stem for path in HERE.glob("[a-z]*.py") if path.stem not in NO_BENCHMARKS and "begin(" in path.read_text("utf-8"))


def run_short(name: str, folder: Path, seconds: float) -> tuple[list[dict[str, Any]], str]:
    """The results of the benchmark's short form, and what there is to say where there are none."""
    command = [sys.executable, str(HERE / f"{name}.py"), *SAME_WORK.get(name, ("--quick",)), "--results", str(folder)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return [], f"stopped: it took more than {seconds / 60:g} minutes"
    found = [json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]
    last = (ran.stdout + ran.stderr).strip().splitlines()
    if ran.returncode:
        return found, f"FAILED with {ran.returncode}: {last[-1] if last else 'nothing was said'}"
    skipped = [line for line in last if line.startswith("skipped")]
    return found, "; ".join(skipped) or ("" if found else "it kept no figures")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks; else all of them")
    parser.add_argument("--minutes", type=float, default=10.0, help="the most for one of them (%(default)s)")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(names())):
        parser.error(f"there is no benchmark {unknown[0]!r}; there are: {', '.join(names())}")
    if (load := os.getloadavg()[0]) > BUSY:
        print(f"other work is running here (load {load:.1f}): what is measured in seconds will look worse than it is")
    worse: list[str] = []
    for name in options.names or names():
        print(name, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            found, remark = run_short(name, Path(folder), 60 * options.minutes)
        if remark:
            print(f"  {remark}")
        if remark.startswith(("FAILED", "stopped")):
            worse.append(f"{name}: {remark}")
        for result in found:
            kept = KEPT / f"{result['benchmark']}.json"
            if not kept.exists():
                print(f"  no result of {result['benchmark']} is kept")
                continue
            for each in compare(result, json.loads(kept.read_bytes())):
                print(f"  {each}", flush=True)
                if each.worse:
                    worse.append(f"{name}: {str(each).removeprefix('WORSE').strip()}")
    print("\n".join(["", "slower or worse:", *(f"  {line}" for line in worse)]) if worse else "\nnothing got slower or worse")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
