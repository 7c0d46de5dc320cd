"""How fast is a look at a folder, how much memory does it take, and what does it find?

    python benchmarks/look.py [--part faults|speed|memory] [--peer-python PATH]

*Faults*: 420 photos, 120 of them with faults of eight kinds in three strengths (`planted.py`): the share that is found, as such, and
how many of the untouched ones are called odd; beside cleanvision, and imagededup for the copies, in an environment of their own
(pip install cleanvision imagededup), by turns.
*Speed*: 20,000 photos of 400×533 against the decode limit of the machine (`sides/decode_limit.py`) by turns, at least 85 %; the
second look takes at most 1/20 of the first. *Memory*: anonymous and shared pages with 5,000 and 50,000 pictures, under 400 MB.
"""

import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import SIDES, VITREOUS, Benchmark, Claim, alternate, begin, environment, median, parser, require, run_well
from memory import watched
from pictures import PHOTOS, SMALL, made
from planted import COPIES, EDITS, STRENGTHS, planted

PARTS = ("faults", "speed", "memory")
LEAST_OF_LIMIT, MOST_AGAIN, MOST_MB = 0.85, 1 / 20, 400.0
LEAST_FOUND, MOST_FALSE = 0.95, 0.01
COUNT, EACH = 420, 5
# Which findings name a planted fault, ours and cleanvision's.
OURS = {
    "exact": {"exact"},
    "near": {"near"},
    "dark": {"dark", "flat"},
    "bright": {"bright", "flat"},
    "blurred": {"blurred"},
    "size": {"tiny"},
    "shape": {"narrow"},
    "empty": {"empty", "flat", "bright"},
}
THEIRS = {
    "exact": {"exact_duplicates"},
    "near": {"near_duplicates"},
    "dark": {"dark", "low_information"},
    "bright": {"light", "low_information"},
    "blurred": {"blurry"},
    "size": {"odd_size"},
    "shape": {"odd_aspect_ratio"},
    "empty": {"low_information", "light"},
}
Found = Mapping[str, set[str]]


def main() -> None:
    options = parser(__doc__, repeats=3)
    options.add_argument("--part", choices=PARTS, action="append", help="what to measure (everything)")
    options.add_argument("--peer-python", type=Path, help="the Python of an environment with cleanvision and imagededup")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where made pictures are kept")
    arguments = options.parse_args()
    parts = arguments.part or PARTS
    clothing: Path = arguments.data / "clothing"
    require(clothing)
    benchmark = begin("look" if len(parts) == len(PARTS) else "look_" + "_".join(parts), arguments)
    if "faults" in parts:
        faults(benchmark, clothing)
    if "speed" in parts:
        speed(benchmark, clothing)
    if "memory" in parts:
        memory(benchmark, clothing)
    benchmark.write()


def faults(benchmark: Benchmark, clothing: Path) -> None:
    count, each = (60, 1) if benchmark.arguments.quick else (COUNT, EACH)
    peer = benchmark.arguments.peer_python
    with tempfile.TemporaryDirectory() as fresh:
        folder = Path(fresh) / "photos"
        truth = planted(sorted(clothing.glob("train/*/*.jpg")), folder, count, each)
        sides = {"vitreous": lambda: look(folder, Path(fresh) / "cache")}
        if peer:
            sides["cleanvision"] = lambda: peer_look(peer, "cleanvision", folder)
            sides["imagededup"] = lambda: peer_look(peer, "imagededup", folder)
        else:
            print("cleanvision and imagededup are left out: --peer-python names the Python of an environment that has both")
        rounds = alternate(benchmark.arguments.repeats, sides)
    ours = found_by_us(rounds["vitreous"][0])
    table = {"vitreous": judged(truth, ours, OURS, each)}
    seconds = {name: median([value["seconds"] for value in values]) for name, values in rounds.items()}
    if peer:
        theirs = {name: set(issues) for name, issues in rounds["cleanvision"][0]["found"].items()}
        table["cleanvision"] = judged(truth, theirs, THEIRS, each)
        copies = {name: {"copy"} for name in rounds["imagededup"][0]["groups"]}
        table["imagededup"] = judged(truth, copies, {kind: {"copy"} if kind in COPIES else set() for kind in OURS}, each)
    benchmark.measured["faults"] = {"seconds": seconds, "found": table, "plain": sum(kind == "plain" for kind in truth.values())}
    show(table, seconds, each)
    mine = table["vitreous"]
    shares = [mine[kind][strength] / each for kind in mine if kind != "false" for strength in STRENGTHS]
    theirs_found = sum(sum(table["cleanvision"][kind].values()) for kind in OURS) / (len(shares) * each) if peer else None
    note = f"cleanvision {theirs_found:.3f}" if peer else ""
    benchmark.claim(Claim("planted faults that are found", round(sum(shares) / len(shares), 4), "of all", "at least", LEAST_FOUND, note=note))
    false = mine["false"]["plain"] / max(1, benchmark.measured["faults"]["plain"])
    note = f"cleanvision {table['cleanvision']['false']['plain']} of {benchmark.measured['faults']['plain']}" if peer else ""
    benchmark.claim(Claim("untouched photos that are called odd", round(false, 4), "of all", "at most", MOST_FALSE, note=note))
    if peer:
        for other in ("cleanvision", "imagededup"):
            benchmark.claim(Claim(f"time beside {other}", round(seconds["vitreous"] / seconds[other], 3), "of its time", "at most", 1.0))


def look(folder: Path, cache: Path) -> dict[str, Any]:
    """A first look, with its seconds from the start of the process to its end."""
    shutil.rmtree(cache, ignore_errors=True)
    ran = run_well([*VITREOUS, "look", folder, "--json"], environment(cache))
    return ran.json() | {"seconds": ran.seconds}


def peer_look(python: Path, name: str, folder: Path) -> dict[str, Any]:
    """Another tool's look, with its seconds from the start of the process to its end too."""
    ran = run_well([python, SIDES / f"{name}_look.py", folder])
    return ran.json() | {"seconds": ran.seconds}


def found_by_us(facts: Mapping[str, Any]) -> Found:
    found: dict[str, set[str]] = defaultdict(set)
    for odd in facts["odd"]:
        found[odd["image"]].add(odd["kind"])
    for kind, groups in (("exact", facts["duplicates"]), ("near", facts["near_duplicates"])):
        for image in (image for group in groups for image in group):
            found[image].add(kind)
    return found


def judged(truth: Mapping[str, str], found: Found, names: Mapping[str, set[str]], each: int) -> dict[str, dict[str, int]]:
    """How many of each kind and strength are found as such, and how many untouched photos are called anything."""
    result: dict[str, dict[str, int]] = {}
    for kind in (*COPIES, *EDITS):
        result[kind] = {
            strength: sum(bool(found.get(f"{kind}-{strength}-{number}.jpg", set()) & names[kind]) for number in range(each)) for strength in STRENGTHS
        }
    result["false"] = {"plain": sum(bool(found.get(name)) for name, kind in truth.items() if kind == "plain")}
    return result


def show(table: Mapping[str, Mapping[str, Mapping[str, int]]], seconds: Mapping[str, float], each: int) -> None:
    print(f"{'':12}" + "".join(f"{name:>26}" for name in table))
    for kind in OURS:
        print(f"{kind:12}" + "".join(f"{' '.join(f'{table[name][kind][s]}/{each}' for s in STRENGTHS):>26}" for name in table))
    print(f"{'false':12}" + "".join(f"{table[name]['false']['plain']:>26}" for name in table))
    print(f"{'seconds':12}" + "".join(f"{seconds[name]:>26.1f}" for name in table))


def speed(benchmark: Benchmark, clothing: Path) -> None:
    count = 200 if benchmark.arguments.quick else PHOTOS.count
    folder = made(PHOTOS, clothing, benchmark.arguments.work, count)
    with tempfile.TemporaryDirectory() as fresh:
        cache = Path(fresh) / "cache"
        sides = {
            "look": lambda: count / look(folder, cache)["seconds"],
            "limit": lambda: float(run_well([sys.executable, SIDES / "decode_limit.py", folder]).json()["per_s"]),
        }
        rates = alternate(benchmark.arguments.repeats, sides)
        again = [run_well([*VITREOUS, "look", folder, "--json"], environment(cache)).seconds for _ in range(benchmark.arguments.repeats)]
    shares = [ours / limit for ours, limit in zip(rates["look"], rates["limit"], strict=True)]
    first = count / median(rates["look"])
    benchmark.measured["speed"] = {"photos": count, "per_s": rates, "again_s": again}
    note = f"{median(rates['look']):.0f} against {median(rates['limit']):.0f} a second"
    benchmark.claim(Claim(f"a look at {count:,} photos", median(shares), "of the decode limit", "at least", LEAST_OF_LIMIT, shares, note))
    note = f"{median(again):.2f} s after {first:.1f} s"
    benchmark.claim(Claim("the second look", round(median(again) / first, 4), "of the first", "at most", MOST_AGAIN, note=note))


def memory(benchmark: Benchmark, clothing: Path) -> None:
    peaks = {}
    for count in (200, 400) if benchmark.arguments.quick else (SMALL.count // 10, SMALL.count):
        folder = made(SMALL, clothing, benchmark.arguments.work, count)
        with tempfile.TemporaryDirectory() as fresh:
            cache = Path(fresh) / "cache"
            peaks[count] = watched([*VITREOUS, "look", str(folder), "--json"], environment(cache), cache)
    benchmark.measured["memory"] = {str(count): vars(peak) for count, peak in peaks.items()}
    few, many = peaks.values()
    note = f"{few.own:.0f} MB with {min(peaks):,}; everything resident {many.all:.0f} MB; {many.seconds:.0f} s"
    benchmark.claim(
        Claim(f"a look at {max(peaks):,} pictures", round(many.own, 1), "MB", "at most", MOST_MB, note=note, failure=few.failure or many.failure)
    )


if __name__ == "__main__":
    main()
