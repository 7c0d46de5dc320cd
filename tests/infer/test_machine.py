"""What is known of the processor."""

import os
from pathlib import Path

import pytest

from vitreous.infer import machine
from vitreous.infer.machine import available_cores, this_machine

AMX = {"avx2", "avx512f", "avx512_bf16", "amx_bf16"}


@pytest.mark.parametrize(
    ("flags", "limit", "instructions"),
    [
        (AMX, "", "AMX"),
        (AMX, "AVX512_CORE_BF16", "AVX-512"),
        (AMX, "AVX512_CORE_AMX", "AMX"),
        (AMX, "AVX2", "AVX2"),
        (AMX, "AVX2_VNNI", "AVX2"),
        (AMX, "AVX", "other"),
        (AMX, "SSE41", "other"),
        ({"avx2", "avx512f"}, "", "AVX-512"),
        ({"avx2"}, "AVX512_CORE_BF16", "AVX2"),
        ({"asimd", "neon"}, "", "other"),
        (set(), "", "other"),
    ],
)
def test_the_widest_instructions_that_are_there_and_allowed(flags: set[str], limit: str, instructions: str) -> None:
    assert machine._instructions(frozenset(flags), limit) == instructions


def test_a_limit_makes_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    here = this_machine.__wrapped__()
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    limited = this_machine.__wrapped__()
    assert limited.key != here.key and limited.instructions == "other"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_cores_that_this_process_may_not_use_do_not_count() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(("content", "cores"), [("max 100000", 8), ("150000 100000", 2), ("50000 100000", 1), ("900000 100000", 8), ("nonsense", 8)])
def test_the_share_of_a_container_counts(content: str, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(Path, "read_text", lambda self: content)
    assert available_cores() == cores
