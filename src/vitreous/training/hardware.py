"""On what a training runs: device, threads, and the settings of torch that make the same work give the same bits."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

from vitreous.errors import UsageError
from vitreous.infer.machine import this_machine


def device_for(asked: str | None) -> tuple[str, str]:
    """ "cpu" or "cuda", and why, in words; a graphics card is used where one is there. Raises UsageError where one is asked for and none is there."""
    there = torch.cuda.is_available()
    if asked in (None, "auto"):
        return ("cuda", f"{torch.cuda.get_device_name()} (found)") if there else ("cpu", "this processor")
    if asked == "cpu":
        return "cpu", "this processor (asked for)"
    if asked == "cuda":
        if not there:
            arrived = "this torch was built without CUDA" if torch.version.cuda is None else "no graphics card is found"
            raise UsageError("--device cuda", arrived, remedy="leave it away to train on the processor")
        return "cuda", f"{torch.cuda.get_device_name()} (asked for)"
    raise UsageError(f"--device {asked}", "there is no such device", "auto, cpu or cuda")


def threads_for(asked: int | None) -> tuple[int, list[str]]:
    """How many threads torch is to use: as many as there are cores, unless OMP_NUM_THREADS or `asked` says otherwise; and what there is to say."""
    cores = this_machine().cores
    if asked is None:
        return min(cores, torch.get_num_threads()) if os.environ.get("OMP_NUM_THREADS") else cores, []
    if asked > cores:
        return asked, [f"{asked} threads on {cores} cores: they will wait for each other."]
    return asked, []


@contextmanager
def repeatable(threads: int, device: str = "cpu") -> Iterator[None]:
    """So many threads, and of a graphics card's ways of computing only those that give the same bits again, in full fp32."""
    before, cudnn = torch.get_num_threads(), torch.backends.cudnn
    kept = cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32
    strict, warning = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.set_num_threads(threads)
    cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = False, True, False
    if device == "cuda":
        # https://docs.nvidia.com/cuda/cublas/#results-reproducibility; heard when the card does its first product
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = kept
        torch.use_deterministic_algorithms(strict, warn_only=warning)


def own_generator(device: str) -> AbstractContextManager[None]:
    """In this context numbers may be drawn and seeds set without the program around noticing it."""
    generators: AbstractContextManager[None] = torch.random.fork_rng(devices=[torch.cuda.current_device()] if device == "cuda" else [])
    return generators
