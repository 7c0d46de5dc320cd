"""Caches, disks, streams, signals and permissions that are not as they should be: one clear line, nothing lost, no hang."""

import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, colourful
from trained_run import Said, small_vitreous

from vitreous.infer.network import Network

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and signals of POSIX")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_shipped: Network) -> Path:
    """photos/red and photos/green with 8 pictures each, in the current folder."""
    monkeypatch.chdir(tmp_path)
    colourful(tmp_path / "photos", {"red": 8, "green": 8})
    return Path("photos")


@pytest.mark.parametrize("damage", ["garbage", "folders", "file"])
def test_a_damaged_cache_costs_nothing_but_time(damage: str, photos: Path, vitreous: Vitreous, own_cache: Path) -> None:
    assert vitreous("train", "photos").code == 0
    for file in [each for each in own_cache.rglob("*") if each.is_file()]:
        if damage == "garbage":
            file.write_bytes(os.urandom(3000))
        elif damage == "folders":
            file.unlink()
            file.mkdir()
    if damage == "file":
        shutil.rmtree(own_cache)
        own_cache.touch()
    said = vitreous("train", "photos")
    assert said.code == 0, said.err
    assert Path("runs/photos-1/model.onnx").read_bytes() == Path("runs/photos-2/model.onnx").read_bytes()


def test_a_folder_of_runs_that_cannot_be_made_is_said(photos: Path, vitreous: Vitreous) -> None:
    Path("file").touch()
    for place, words in {"file": "something of that name stands there", "file/x": "a file stands where a folder is needed"}.items():
        said = vitreous("train", "photos", "--runs", place)
        assert said.code == 1 and said.out == "" and words in said.err and said.err.count("\n") == 1


def vitreous_process(*arguments: str | Path, **options: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "vitreous", *map(str, arguments)], **options)


@posix
@pytest.mark.slow
def test_a_disk_that_takes_no_model_is_said_and_leaves_no_run(tmp_path: Path) -> None:
    colourful(tmp_path / "photos", {"red": 8, "green": 8})
    limited = f"ulimit -f 4; exec {shlex.join(small_vitreous('train', 'photos'))}"  # of 512 or 1,024 bytes: run.json fits, model.onnx does not
    done = subprocess.run(["sh", "-c", limited], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == "" and "Traceback" not in done.stderr
    assert "error: cannot write runs/photos-1/next/model.onnx: the file is larger than is allowed there" in done.stderr
    assert not list((tmp_path / "runs").iterdir())


@posix
@pytest.mark.slow
@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_stream_stops_no_training(closed: int, tmp_path: Path) -> None:
    colourful(tmp_path / "photos", {"red": 8, "green": 8})
    command = [*small_vitreous("train", "photos")]
    code = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
    done = subprocess.run([sys.executable, "-c", code, str(closed), *command], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "photos-1" / "model.onnx").is_file()


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["predict", "RUN", "PHOTO"], ["evaluate", "RUN", "--json"]])
def test_a_full_disk_behind_standard_output_is_a_failure(arguments: list[str], coloured: Coloured) -> None:
    names = {"RUN": coloured.run.path, "PHOTO": next(coloured.data.glob("*/*"))}
    with open("/dev/full", "wb") as full:
        process = vitreous_process(*(names.get(each, each) for each in arguments), stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1 and err.decode().splitlines()[-1] == "error: cannot write the output: No space left on device"


@posix
@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_stopped_prediction_ends_at_once_in_order(number: str, code: int, coloured: Coloured) -> None:
    if signal.getsignal(getattr(signal, number)) is signal.SIG_IGN:
        pytest.skip("these tests run under nohup, and so does what they start")
    names = "\n".join(map(str, [next(coloured.data.glob("*/*"))] * 200_000)).encode()
    with vitreous_process("predict", coloured.run.path, "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(names)
        process.stdin.close()
        process.stdout.readline()
        begin = time.monotonic()
        process.send_signal(getattr(signal, number))
        process.stdout.read()
        err = process.stderr.read()
        assert process.wait(timeout=30) == code and time.monotonic() - begin < 10
    assert b"nothing is left half-written" in err and b"Traceback" not in err and b"FATAL" not in err


@pytest.fixture
def not_privileged(tmp_path: Path) -> Iterator[list[str]]:
    """The beginning of a command that may read only what the permissions allow, also where the tests run as root."""
    prefix = ["setpriv", "--bounding-set=-all"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    if prefix and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    yield [*prefix, sys.executable, "-m", "vitreous"]
    for each in tmp_path.rglob("*"):
        each.chmod(0o700)


@posix
@pytest.mark.slow
def test_what_may_not_be_read_is_named_and_never_passed_over(not_privileged: list[str], coloured: Coloured, tmp_path: Path) -> None:
    data = colourful(tmp_path / "photos", {"red": 3, "green": 3})
    (data / "red" / "red-000.png").chmod(0)
    (data / "green").chmod(0)
    run = shutil.copytree(coloured.run.path, tmp_path / "run")

    def said(*arguments: str | Path) -> Said:
        done = subprocess.run([*not_privileged, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    predicted = said("predict", run, "photos")
    assert predicted.code == 1 and predicted.out.count("\n") == 2
    assert predicted.err.splitlines() == [f"error: photos/{each}: permission denied" for each in ("green", "red/red-000.png")]
    assert "left out, such as green: the folder cannot be read (permission denied)" in said("train", "photos").err
    data.chmod(0)
    assert "error: photos: permission denied" in said("predict", run, "photos").err
    assert said("train", "photos").err == "error: cannot read photos: the folder cannot be read (permission denied); change its permissions\n"
    run.chmod(0)
    assert "cannot read run/run.json: Permission denied" in said("predict", "run", "photos").err


@pytest.mark.slow
def test_what_libraries_remark_on_a_damaged_exif_block_is_not_shown(coloured: Coloured, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "x" * 50
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "JPEG", exif=exif)
    data = bytearray(buffer.getvalue())
    entries = data.index(b"Exif\0\0") + 14
    data[entries : entries + 2] = b"\x09\x00"  # more entries than there are
    (tmp_path / "photo.jpg").write_bytes(data)
    with vitreous_process("predict", coloured.run.path, tmp_path / "photo.jpg", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        said, remarked = process.communicate()
    assert said and not remarked and process.returncode == 0
