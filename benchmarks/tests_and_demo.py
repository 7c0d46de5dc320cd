"""How long do the project's own two commands take in a fresh clone?

    python benchmarks/tests_and_demo.py

A clone of the last commit with nothing made yet and an empty pip cache, ../shared beside it where it is here: `make demo`
(target: at most 3 minutes, everything in it), then `make test` (at most 5 minutes; what its tools take to install is said
beside it), then its fast part (at most 60 s). Needs a package index.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

from harness import ROOT, SHARED, Claim, Ran, begin, parser, run, run_well, skip

MOST = {"demo": 180.0, "test": 300.0, "fast tests": 60.0}
REACHABLE = 60.0
_SUMMARY = re.compile(r"=*\s*(\d+ \w+.* in [\d.]+s.*?)\s*=*$", re.MULTILINE)


def main() -> None:
    arguments = parser(__doc__, repeats=1).parse_args()
    benchmark = begin("tests_and_demo", arguments)
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        clone = work / "vitreous"
        run_well(["git", "clone", "--quiet", ROOT, clone])
        if SHARED.exists():
            (work / "shared").symlink_to(SHARED, target_is_directory=True)
        env = os.environ | {"PIP_CACHE_DIR": str(work / "pip"), "VITREOUS_CACHE": str(work / "cache")}
        # a make that started us would hand down its flags
        env = {name: value for name, value in env.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VIRTUAL_ENV")}
        if arguments.quick:
            print(run_well(["make", "help"], env, clone).output + "the clone is made; with --quick nothing more is done")
            return
        if run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", work / "probe", "click"], timeout=REACHABLE).code != 0:
            skip("no package index can be reached")
        demo = run(["make", "demo"], env, clone)
        tools = run_well(["make", ".venv/.dev"], env, clone)
        test = run(["make", "test"], env, clone)
        fast = run([clone / ".venv/bin/python", "-m", "pytest", "-q", "-m", "not slow", "-n", "auto", "--dist", "loadfile"], env, clone)
    benchmark.measured = {"tools_seconds": round(tools.seconds, 1), "with_shared": SHARED.exists()}
    notes = {"demo": "", "test": f"{summary(test)}; {tools.seconds:.0f} s more for its tools", "fast tests": summary(fast)}
    for name, ran in {"demo": demo, "test": test, "fast tests": fast}.items():
        failure = f"ended with {ran.code}" if ran.code else ""
        benchmark.measured[name] = {"seconds": round(ran.seconds, 1), "code": ran.code}
        what = "fast part of the tests" if name == "fast tests" else f"make {name} in a fresh clone"
        benchmark.claim(Claim(what, round(ran.seconds, 1), "s", "at most", MOST[name], note=notes[name], failure=failure))
        if failure:
            print((ran.output + ran.errors)[-3000:], file=sys.stderr)
    benchmark.write()


def summary(ran: Ran) -> str:
    """pytest's last line: how many passed, failed, were skipped."""
    found = _SUMMARY.findall(ran.output)
    return str(found[-1]) if found else ""


if __name__ == "__main__":
    main()
