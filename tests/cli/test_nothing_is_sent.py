"""Nothing is sent or fetched, and nothing is written but the run and the cache: seen by the kernel's own record of calls.

`import openvino` by itself reports usage and writes into the home folder; the variable CI keeps it quiet, so these tests remove it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Trained, write_photos

pytest_plugins = ["shared_fixtures"]
PREDICT = """
import vitreous, sys
calls = []
sys.addaudithook(lambda event, args: calls.append((event, args)) if event.startswith("socket.") else None)
print(vitreous.load(sys.argv[1]).predict(sys.argv[2]))
print(calls, sys.modules.get("openvino_telemetry"), file=sys.stderr)
"""


TRACE = "trace=%network,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
OPTIONS = ["-f", "-qq", "--seccomp-bpf", "-e", TRACE]


def bare(home: Path) -> dict[str, str]:
    """The environment of a user who has set nothing, with an empty home folder."""
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    return kept | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def test_a_prediction_opens_no_socket_and_writes_to_the_cache_alone(coloured: Coloured, tmp_path: Path) -> None:
    home, picture = tmp_path / "home", coloured.data / "red" / "red-000.png"
    command = [sys.executable, "-c", PREDICT, str(coloured.run.path), str(picture)]
    done = subprocess.run(command, env=bare(home), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and str(picture) in done.stdout, done.stderr
    assert done.stderr == "[] None\n"
    if sys.platform == "linux":
        assert files_below(home) and all(file.startswith(".cache/vitreous/compiled/") for file in files_below(home))


@pytest.fixture(scope="module")
def strace(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program, where it is there and may be used."""
    found, log = shutil.which("strace"), tmp_path_factory.mktemp("strace") / "log"
    if (
        found is None
        or subprocess.run([found, "-o", log, sys.executable, "-c", "import socket; socket.socket()"], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs strace, and to be allowed to use it")
    assert re.search(r"socket\(AF_INET", log.read_text()), "strace sees no calls here"
    return found


def calls_of(strace: str, arguments: list[str | Path], env: dict[str, str], folder: Path) -> list[str]:
    """The calls by which `vitreous …` and all its threads reach the network or make a file."""
    log = folder / "calls"
    command = [strace, *OPTIONS, "-o", str(log), sys.executable, "-m", "vitreous", *map(str, arguments)]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return log.read_text(errors="replace").splitlines()


def reaching_out(calls: list[str]) -> list[str]:
    """Also what was tried and failed."""
    return [call for call in calls if re.search(r"^\d+ +(socket|connect|sendto|sendmsg|sendmmsg|bind|listen|accept)\w*\(", call)]


def written(calls: list[str], folder: Path) -> set[str]:
    """The files that were opened for writing or made, without devices."""
    # calls by their names: a file that is read may have such a word in its own
    making = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|^\d+ +(creat|mkdir|mkdirat|rename|renameat2?|link|linkat|symlink|symlinkat)\(")
    opened = [re.search(r'"([^"]*)"', call) for call in calls if making.search(call) and "= -1 E" not in call]
    paths = {os.path.normpath(folder / match[1]) for match in opened if match}
    return {path for path in paths if not path.startswith(("/dev/", "/proc/"))}


def test_what_makes_a_file_is_told_from_what_reads_one(tmp_path: Path) -> None:
    makes = [
        '7 openat(AT_FDCWD, "a", O_WRONLY|O_CREAT, 0666) = 3', '7 creat("b", 0666) = 3', '7 mkdir("c", 0777) = 0', '7 mkdirat(3, "d", 0777) = 0',
        '7 rename("e", "x") = 0', '7 renameat2(3, "f", 3, "x", 0) = 0', '7 link("g", "x") = 0', '7  symlink("h", "x" <unfinished ...>',
    ]  # fmt: skip
    reads = ['7 openat(AT_FDCWD, "mkdir/link.py", O_RDONLY|O_CLOEXEC) = 3', '7 mkdir("x", 0777) = -1 EEXIST (File exists)']
    assert written([*makes, *reads], tmp_path) == {str(tmp_path / name) for name in "abcdefgh"}


@pytest.mark.slow
def test_training_predicting_and_evaluating_open_no_socket_and_write_to_run_and_cache_alone(strace: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    env = bare(home)
    photos = write_photos(tmp_path / "photos", ["dress", "shoes"], 8)
    for arguments in (
        ["train", "photos"],
        ["predict", "runs/photos-1", photos / "dress" / "dress-01.jpg"],
        ["predict", photos / "dress" / "dress-01.jpg", "--json"],
        ["evaluate", "runs/photos-1", photos],
    ):
        calls = calls_of(strace, arguments, env, tmp_path)
        assert calls and reaching_out(calls) == [], arguments
        places = (str(home / ".cache" / "vitreous"), str(tmp_path / "runs"))
        assert {path for path in written(calls, tmp_path) if not path.startswith(places)} <= {str(home / ".cache")}, arguments
    assert all(file.startswith(".cache/vitreous/") for file in files_below(home))


@pytest.mark.slow
def test_the_shipped_training_left_nothing_beside_its_run_and_its_cache(trained: Trained) -> None:
    work = trained.folder.parents[1]
    assert {path.name for path in work.iterdir()} == {"runs", "cache", "modules.json"}
    assert len(list((work / "runs").iterdir())) == 1 and len(files_below(trained.photos)) == 70
