"""What does it cost to start? CPU time of `vitreous --help`, and what it loads.

    python benchmarks/start.py

Target: at most 0.12 s of CPU time (user and system, the median of 20 runs), by turns with the same Python doing nothing; and
none of numpy, PIL, openvino, matplotlib, torch among the modules that are loaded.
"""

import json
import sys
import tempfile
from pathlib import Path

from harness import VITREOUS, Claim, alternate, begin, environment, median, parser, run_well

MOST_SECONDS = 0.12
HEAVY = ("numpy", "PIL", "openvino", "matplotlib", "torch", "scipy", "sklearn", "onnx")
LISTING = """
import json, sys
from vitreous.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print(json.dumps({"modules": sorted(sys.modules)}))
"""


def main() -> None:
    arguments = parser(__doc__, repeats=20).parse_args()
    arguments.repeats = 3 if arguments.quick else arguments.repeats
    benchmark = begin("start", arguments)
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        help_, nothing = [*VITREOUS, "--help"], [sys.executable, "-c", "pass"]
        run_well(help_, env)  # from the disk into memory
        found = alternate(
            arguments.repeats,
            {
                "vitreous --help": lambda: round(run_well(help_, env).cpu_seconds, 4),
                "python -c pass": lambda: round(run_well(nothing, env).cpu_seconds, 4),
            },
        )
        modules = run_well([sys.executable, "-c", LISTING], env).json()["modules"]
    heavy = [name for name in modules if name in HEAVY]
    benchmark.measured = {"cpu_seconds": found, "modules": len(modules), "heavy_modules": heavy}
    note = f"the same Python doing nothing: {median(found['python -c pass']):.3f} s"
    took = found["vitreous --help"]
    benchmark.claim(Claim("vitreous --help", median(took), "s of CPU time", "at most", MOST_SECONDS, took, note))
    note = json.dumps(heavy) if heavy else f"{len(modules)} modules in all"
    benchmark.claim(Claim("heavy modules that it loads", len(heavy), "modules", "at most", 0, note=note))
    benchmark.write()


if __name__ == "__main__":
    main()
