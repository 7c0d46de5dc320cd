"""How much is downloaded, and how long does it take? `pip install .` of the last commit into a fresh virtual environment.

    python benchmarks/install.py

From a clean export of the last commit, without pip's cache. Targets: at most 180 MB downloaded and at most 60 s for the
installation, the download in it. The megabytes are those of the files that `pip download` brings for the project and for its
build. Needs a package index.
"""

import os
import sys
import tempfile
import tomllib
from pathlib import Path

from harness import ROOT, Benchmark, Claim, begin, median, parser, run, run_well, skip

MOST_MEGABYTES = 180.0
MOST_SECONDS = 60.0
REACHABLE = 60.0


def main() -> None:
    arguments = parser(__doc__, repeats=1).parse_args()
    benchmark = begin("install", arguments)
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        source = export(work)
        if arguments.quick:
            print("the export is made; with --quick nothing is installed")
            return
        if run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", work / "probe", "click"], timeout=REACHABLE).code != 0:
            skip("no package index can be reached")
        took = [install(source, work / f"round-{number}") for number in range(arguments.repeats)]
        measure(benchmark, source, work / "round-0", took)
    benchmark.write()


def export(work: Path) -> Path:
    """The files of the last commit, without git."""
    source = work / "source"
    source.mkdir()
    run_well(["git", "-C", ROOT, "archive", "--output", work / "source.tar", "HEAD"])
    run_well(["tar", "--extract", "--file", work / "source.tar", "--directory", source])
    return source


def install(source: Path, work: Path) -> float:
    """Seconds of `pip install .` in a fresh environment without a cache; the environment's own making is not in them."""
    run_well([sys.executable, "-m", "venv", work / "venv"])
    return round(run_well([work / "venv/bin/python", "-m", "pip", "install", "--no-cache-dir", "."], environment(), source).seconds, 1)


def measure(benchmark: Benchmark, source: Path, work: Path, took: list[float]) -> None:
    python, wheels = work / "venv/bin/python", work / "wheels"
    build: list[str] = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    run_well([python, "-m", "pip", "download", "--quiet", "--no-cache-dir", "--dest", wheels, ".", *build], environment(), source)
    sizes = {file.name: round(file.stat().st_size / 1e6, 2) for file in wheels.iterdir() if not file.name.startswith(("vitreous", "source"))}
    downloaded = round(sum(sizes.values()), 1)
    largest = dict(sorted(sizes.items(), key=lambda each: -each[1])[:10])
    installed = megabytes(work / "venv")
    benchmark.measured = {"seconds": took, "downloaded_mb": downloaded, "installed_mb": installed, "packages": len(sizes), "largest": largest}
    note = f"{len(sizes)} packages, those of the build among them; {installed:.0f} MB installed"
    benchmark.claim(Claim("downloaded by pip install .", downloaded, "MB", "at most", MOST_MEGABYTES, note=note))
    benchmark.claim(Claim("pip install . with the download", median(took), "s", "at most", MOST_SECONDS, took))


def environment() -> dict[str, str]:
    return os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def megabytes(folder: Path) -> float:
    return round(sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6, 1)


if __name__ == "__main__":
    main()
