"""What all commands have in common: help, errors, exit codes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said, subprocess_said

from vitreous import __version__, api
from vitreous.cli import VERBS, main
from vitreous.errors import VitreousError

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]


def test_help_lists_every_command(vitreous: Vitreous) -> None:
    said = vitreous("--help")
    listed = " ".join(said.out.split())  # without the line breaks
    assert said.code == 0 and all(f"{verb} {text}" in listed for verb, text in VERBS.items())
    assert vitreous("-h").out == said.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_help_and_a_page_in_the_reference(verb: str, vitreous: Vitreous) -> None:
    said = vitreous(verb, "--help")
    assert said.code == 0 and said.out.startswith(f"Usage: vitreous {verb} ")
    page = (Path(__file__).parents[2] / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert f"\n## vitreous {verb} " in page


def test_the_version_is_that_of_the_package(vitreous: Vitreous) -> None:
    said = vitreous("--version")
    assert (said.code, said.out) == (0, f"vitreous {__version__}\n")


def test_a_misspelt_command_is_wrong_use_and_the_nearest_is_offered(vitreous: Vitreous) -> None:
    said = vitreous("trian")
    assert (said.code, said.err) == (2, "error: there is no command 'trian': did you mean 'train'?\n")
    assert "\x1b" not in vitreous("\x1b[31m").err


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal made by the system")
@pytest.mark.parametrize("command", [["trian"], ["nets"]])
@pytest.mark.parametrize(("variable", "coloured"), [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)])
def test_in_a_terminal_colour_appears_where_no_color_is_not_set(command: list[str], variable: dict[str, str], coloured: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"} | variable
    ours, theirs = os.openpty()
    subprocess.run([sys.executable, "-m", "vitreous", *command], stdout=subprocess.DEVNULL, stderr=theirs, env=environment, check=False)
    os.close(theirs)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert said and ("\x1b[" in said) == coloured


def test_no_arguments_is_help(vitreous: Vitreous) -> None:
    said = vitreous()
    assert said.code in (0, 2) and "Commands" in said.out + said.err


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyboardInterrupt(), 130, "Interrupted"),
        (MemoryError(), 1, "not enough memory"),
        (OSError(28, "No space left on device", "/x"), 1, "No space left on device: /x"),
        (ZeroDivisionError("a\x1bb"), 1, "an internal error, please report it (ZeroDivisionError: a\\x1bb); --debug shows where"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(
    error: BaseException, code: int, text: str, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(api, "sample", fail)
    said = vitreous("sample", "clothing", "x")
    assert said.code == code and text in said.err and "Traceback" not in said.err and said.out == ""


@pytest.mark.parametrize("arguments", [["--debug", "sample", "clothing", "x"], ["sample", "clothing", "x", "--debug"]])
def test_debug_shows_where_an_error_came_from(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(api, "sample", fail)
    with pytest.raises(ZeroDivisionError):
        main(arguments)


def test_wrong_use_of_click_keeps_its_exit_code(vitreous: Vitreous) -> None:
    assert issubclass(click.UsageError, click.ClickException)
    said = vitreous("sample", "clothing")
    assert said.code == 2 and "Missing argument 'FOLDER'" in said.err


def test_it_is_a_module_too(tmp_path: Path) -> None:
    assert subprocess_said("--version", cwd=tmp_path).out == f"vitreous {__version__}\n"


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "\nInterrupted: nothing is left half-written; to go on with it: vitreous train --resume x.\n"),
        (VitreousError("the disk is full"), 1, "error: the disk is full; to go on with it: vitreous train --resume x\n"),
        (MemoryError(), 1, "error: not enough memory: close other programs, or use fewer or smaller pictures; to go on with it: vitreous train"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 1, "error: not enough memory: close"),
    ],
)
def test_what_was_noted_on_the_way_is_said_with_the_error(
    error: BaseException, code: int, says: str, monkeypatch: pytest.MonkeyPatch, vitreous: Callable[..., Said]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    error.add_note("to go on with it: vitreous train --resume x")
    monkeypatch.setattr("vitreous.api.train", fails)
    said = vitreous("train", "photos")
    assert said.code == code and says in said.err and "Traceback" not in said.err
