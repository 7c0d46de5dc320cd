"""What every benchmark shares: the machine's facts, timed child processes, alternating rounds, and the result file.

A benchmark compares sides in one run, by turns, so that a machine that slows down slows all of them. It ends with claims: a
figure, its target, and whether it was reached; printed in two lines each and written to benchmarks/results/NAME.json with
machine, versions, commit and every single measurement. Run by itself this file does nothing.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
NET = ROOT / "src" / "vitreous" / "infer" / "weights" / "efficientnet_lite0.onnx"
SIDES = Path(__file__).parent / "sides"
_SCRIPT = Path(sys.executable).with_name("vitreous")
VITREOUS = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-m", "vitreous"]

Measured = TypeVar("Measured")

_PACKAGES = ("vitreous", "numpy", "scipy", "scikit-learn", "pillow", "openvino", "onnx", "click", "rich")
BUSY = 0.7  # mean number of running processes in the last minute
_FLAGS = ("fma", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")


@dataclass(frozen=True)
class Ran:
    """A finished child process. `seconds` from its start to its end, `cpu_seconds` user and system; `code` None where the time was up; `peak_mb`:
    the most that was resident of it, or of one of its children."""

    seconds: float
    cpu_seconds: float
    code: int | None
    output: str
    errors: str
    peak_mb: float

    def json(self) -> dict[str, Any]:
        """The last line of the output that is a JSON object."""
        lines = [line for line in self.output.splitlines() if line.startswith("{")]
        if not lines:
            raise SystemExit(f"no JSON object was printed, but: {(self.output + self.errors)[-2000:]}")
        value: dict[str, Any] = json.loads(lines[-1])
        return value


@dataclass(frozen=True)
class Claim:
    """One figure and its target.

    `runs`: the single measurements that the figure is the median of, where it is one. `failure`: why the figure does not
    count, such as a command that ended with an error.
    """

    what: str
    figure: float
    unit: str
    comparison: Literal["at most", "at least"]
    target: float
    runs: Sequence[float] = ()
    note: str = ""
    failure: str = ""

    @property
    def reached(self) -> bool:
        if self.failure:
            return False
        return self.figure <= self.target if self.comparison == "at most" else self.figure >= self.target

    def __str__(self) -> str:
        spread = f" (median of {len(self.runs)}: {_short(min(self.runs))} to {_short(max(self.runs))})" if len(self.runs) > 1 else ""
        note = "".join(f"; {text}" for text in (self.note, self.failure) if text)
        return (
            f"{self.what}: {_short(self.figure)} {self.unit}{spread}{note}\n"
            f"    target: {self.comparison} {_short(self.target)} {self.unit}: {'reached' if self.reached else 'NOT reached'}"
        )


@dataclass
class Benchmark:
    """One benchmark in the making: its arguments, and what it has found so far."""

    name: str
    arguments: argparse.Namespace
    results: Path
    claims: list[Claim] = field(default_factory=list)
    measured: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=lambda: facts())  # noqa: PLW0108 - it is defined below

    def claim(self, claim: Claim) -> None:
        """Say a claim at once: what comes later may take hours."""
        self.claims.append(claim)
        print(f"{claim}", flush=True)

    def measured_before(self) -> dict[str, Any]:
        """What the results file holds already; empty where there is none."""
        file = self.results / f"{self.name}.json"
        return dict(json.loads(file.read_bytes())["measured"]) if file.is_file() else {}

    def write(self) -> None:
        """Write results/NAME.json."""
        claims = [asdict(claim) | {"reached": claim.reached} for claim in self.claims]
        document = {"benchmark": self.name, "quick": self.arguments.quick, "machine": self.machine, "claims": claims, "measured": self.measured}
        self.results.mkdir(parents=True, exist_ok=True)
        (self.results / f"{self.name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def parser(description: str | None, repeats: int) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--data", type=Path, default=SHARED / "data", help="the folder of test images (../shared/data beside the checkout)")
    made.add_argument("--repeats", type=int, default=repeats, help="rounds in which the sides take turns (%(default)s)")
    made.add_argument("--quick", action="store_true", help="a few pictures only, to see that it runs; its figures mean nothing and are not kept")
    made.add_argument("--results", type=Path, help="where to write the result (benchmarks/results; with --quick a temporary folder)")
    return made


def begin(name: str, arguments: argparse.Namespace) -> Benchmark:
    kept = Path(tempfile.gettempdir()) / "vitreous-quick-results" if arguments.quick else ROOT / "benchmarks" / "results"
    benchmark = Benchmark(name, arguments, arguments.results or kept)
    if benchmark.machine["load"] > BUSY:
        print(f"other work is running here (load {benchmark.machine['load']}): the figures will be worse than on a quiet machine", file=sys.stderr)
    return benchmark


def torch_python(arguments: argparse.Namespace) -> str | None:
    """The Python that has torch: --torch-python, or VITREOUS_TORCH_PYTHON; says what is missing where there is none."""
    named = arguments.torch_python or os.environ.get("VITREOUS_TORCH_PYTHON")
    if named and Path(named).exists():
        return str(named)
    why = "the Python that was named is not there" if named else "no Python that has it was named"
    print(f"skipped what needs torch: {why}; sh benchmarks/make_peer_env.sh FOLDER makes one, --torch-python names it")
    return None


def require(*paths: Path) -> None:
    """Ends quietly where something that the benchmark compares with is not on this machine."""
    for path in paths:
        if not path.exists():
            skip(f"{path.name} is not there ({os.path.relpath(path, ROOT)})")


def skip(reason: str) -> NoReturn:
    print(f"skipped: {reason}")
    sys.exit(0)


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None, timeout: float | None = None) -> Ran:
    """Run a command to its end, or for `timeout` seconds; then it and whatever it started is ended."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=env, cwd=cwd, start_new_session=True
        )
        waiting = None if timeout is None else start + timeout
        try:
            code, usage = _wait(child.pid, waiting)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)  # Ctrl-C does not reach another session
            raise
        seconds = time.perf_counter() - start
        child.returncode = -signal.SIGKILL if code is None else code  # it has been waited for here
        texts = []
        for stream in (out, errors):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "backslashreplace"))
    return Ran(seconds, usage.ru_utime + usage.ru_stime, code, texts[0], texts[1], usage.ru_maxrss / 1024)


def run_well(command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ran:
    """The same for a command that must succeed: else the benchmark ends with what the command said."""
    ran = run(command, env, cwd)
    if ran.code != 0:
        sys.exit(f"{' '.join(Path(str(part)).name for part in command)} ended with {ran.code}:\n{(ran.output + ran.errors)[-3000:]}")
    return ran


def environment(cache: Path, isa: str | None = None) -> dict[str, str]:
    """This environment with Vitreous's cache in `cache`, and with oneDNN capped to an instruction set where one is named; modules are compiled
    once, as where they are installed."""
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return compiled | {"VITREOUS_CACHE": str(cache), "NO_COLOR": "1"} | ({"ONEDNN_MAX_CPU_ISA": isa} if isa else {})


def alternate(rounds: int, sides: Mapping[str, Callable[[], Measured]]) -> dict[str, list[Measured]]:
    """Every side once a round; every second round backwards, so that none always comes first."""
    found: dict[str, list[Measured]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides) if number % 2 == 0 else list(sides)[::-1]:
            found[name].append(sides[name]())
    return found


def median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 4)


def instruction_set(isa: str | None = None) -> Literal["AMX", "AVX-512", "AVX2"]:
    """The widest that the processor has and oneDNN may use."""
    flags, cap = _cpu()["flags"], isa or os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    if "amx_tile" in flags and (not cap or "AMX" in cap.upper()):
        return "AMX"
    return "AVX-512" if "avx512f" in flags and (not cap or "512" in cap) else "AVX2"


def facts() -> dict[str, Any]:
    """What a reader needs to place a figure: processor, memory, versions, commit, date. Neither host name nor paths."""
    versions = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    commit, changed = _git("rev-parse", "--short", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    cpu = _cpu()
    return {
        "processor": cpu["model"],
        "cores": len(os.sched_getaffinity(0)),
        "instructions": [flag for flag in _FLAGS if flag in cpu["flags"]],
        "onednn_cap": os.environ.get("ONEDNN_MAX_CPU_ISA"),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": versions,
        "commit": commit + (" with changes" if changed else ""),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _cpu() -> dict[str, Any]:
    """The processor's name and flags, as Linux gives them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return {"model": facts.get("model name", platform.processor()), "flags": set(facts.get("flags", "").split())}


def _wait(pid: int, until: float | None) -> tuple[int | None, Any]:
    """The exit code (None where the time was up) and the resource usage of a child that leads its own session."""
    while until is not None:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), usage
        if time.perf_counter() > until:
            os.killpg(pid, signal.SIGKILL)
            return None, os.wait4(pid, 0)[2]
        time.sleep(0.01)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
