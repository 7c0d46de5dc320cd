"""What this processor can do, and how many of its cores this process may use."""

import hashlib
import os
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """`instructions`: "AMX", "AVX-512", "AVX2", or "other"; `key` names the processor and the limits set on it."""

    name: str
    instructions: str
    cores: int
    key: str


@cache
def this_machine() -> Machine:
    name, flags = _processor()
    isa = os.environ.get("ONEDNN_MAX_CPU_ISA", "")
    instructions = _instructions(flags, isa)
    cores = available_cores()
    key = hashlib.blake2b(repr((name, sorted(flags), isa, cores, sys.platform)).encode(), digest_size=8).hexdigest()
    return Machine(name, instructions, cores, key)


def available_cores() -> int:
    """Cores this process may run on, within the share that a container gives it (cgroup v2 `cpu.max`)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cores, -(-int(quota) // int(period))))
    except (OSError, ValueError):
        return cores


def _processor() -> tuple[str, frozenset[str]]:
    """Name and instruction-set flags, from /proc/cpuinfo where there is one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine(), frozenset()
    entries = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return entries.get("model name", platform.machine()), frozenset(entries.get("flags", entries.get("Features", "")).split())


def _instructions(flags: frozenset[str], isa: str) -> str:
    """The widest set that is there and that `ONEDNN_MAX_CPU_ISA` (oneDNN's own limit) leaves."""
    widest = [name for name, flag in (("AMX", "amx_bf16"), ("AVX-512", "avx512f"), ("AVX2", "avx2")) if flag in flags]
    if isa.startswith(("AVX512", "AVX10")) and "AMX" not in isa:
        widest = [name for name in widest if name != "AMX"]
    elif isa.startswith("AVX2"):
        widest = [name for name in widest if name == "AVX2"]
    elif isa.startswith(("SSE", "AVX")) and not isa.startswith(("AVX512", "AVX10")):
        widest = []
    return widest[0] if widest else "other"
