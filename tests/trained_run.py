"""What surrounds a small training: its photos, its folder, and the command line in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from vitreous.data.samples import write_sample

# Runs the command line and writes which modules it has loaded, whatever happens.
_WATCHED = """
import json, sys
from vitreous.cli import main
try:
    main(sys.argv[2:])
finally:
    with open(sys.argv[1], "w") as file:
        json.dump(sorted(name for name, module in sys.modules.items() if module is not None), file)
"""


class Said(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    def lines(self) -> list[Any]:
        """The JSON values on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Trained:
    """A run with all there is around it. Read only: a test that changes something works on a copy."""

    photos: Path
    folder: Path
    cache: Path
    said: Said
    modules: frozenset[str]


def subprocess_said(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> Said:
    """`vitreous …` in a process of its own."""
    command = [sys.executable, "-m", "vitreous", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, check=False)
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def watched(modules: Path, *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> tuple[Said, frozenset[str]]:
    """The same, with the modules it loaded (a file of that name is written)."""
    command = [sys.executable, "-c", _WATCHED, str(modules), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr), frozenset(json.loads(modules.read_bytes()))


def write_photos(folder: Path, classes: Sequence[str], of_each: int) -> Path:
    """The first photos of some classes of the sample that comes with Vitreous."""
    write_sample("clothing", folder)
    for photo in folder.glob("*/*"):
        if photo.parent.name not in classes or int(photo.stem.rsplit("-", 1)[1]) > of_each:
            photo.unlink()
    for empty in folder.iterdir():
        if not any(empty.iterdir()):
            empty.rmdir()
    return folder


# Runs the command line with the small network of the tests in place of the shipped one: a training of a second.
_SMALL = """
import sys
sys.path.insert(0, sys.argv[1])
from small_network import small_network
from vitreous.cli import main
from vitreous.fit import methods
methods.load_network = small_network
sys.argv = ["vitreous", *sys.argv[2:]]
main()
"""


def small_vitreous(*arguments: str | Path) -> list[str]:
    """The command of a process of its own that trains with the small network."""
    return [sys.executable, "-c", _SMALL, str(Path(__file__).parent), *map(str, arguments)]
