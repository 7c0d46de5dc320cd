"""Files that a fuzzer made: each is a picture or a sentence that says why not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_fuzzed_files_neither_crash_nor_hang_nor_fill_the_memory(seed: int) -> None:
    # in a process of its own: a crash in a decoder would take the tests with it
    command = [sys.executable, "-W", "ignore", HERE / "fuzzed_files.py", "500", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["others"] == [] and sum(said["outcomes"].values()) == 500
    assert min(said["outcomes"].values()) > 50  # the fuzzer breaks some of them, and not all
    assert said["slowest_seconds"] < 10
    # the limit of 25 megapixels holds for whatever size a damaged header names
    assert said["peak_megabytes"] < 500
