"""The command line: one thin file per verb, each loaded when it is called.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. An error is one line; `--debug` shows where it came from.
"""

import io
import os
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import NoReturn

import click

from vitreous.core.memory import is_memory_error
from vitreous.errors import VitreousError

# verb: what it does, for the list that --help prints; each is `vitreous.cli.VERB:command`
VERBS = {
    "look": "Look at a folder of photos: counts, broken files, duplicates, leaks, odd ones.",
    "train": "Turn a folder of photos into a model.",
    "watch": "Follow a training from another terminal.",
    "predict": "Answer for photos, by a trained run or out of 1000 ImageNet classes.",
    "evaluate": "Measure a run on its test photos or on any labelled folder.",
    "drift": "Say whether new photos are other ones than a run was trained on.",
    "decide": "Choose the threshold at which a run says yes, for the errors you can afford.",
    "report": "Write a run's report again, or set runs side by side.",
    "nets": "List the networks; the stages of one.",
    "see": "Look inside the network: stages, feature maps, the arithmetic of one number.",
    "match": "Find where in one picture is what another shows, or which pictures of a folder show it.",
    "features": "Write what a network makes of photos as a table, for other programs.",
    "find": "Find the photos of a folder that are most like a photo.",
    "index": "Keep the features of a folder, so that similar photos are found at once.",
    "label": "Label photos that have no labels yet, on a page of your own browser.",
    "next": "Say which new photos to label next for a run.",
    "suspects": "Find labels that are probably wrong, and put them right.",
    "map": "Lay a whole folder of photos out in two dimensions, as a page to look through.",
    "sample": "Write example data to play with.",
}


_NO_MEMORY = "not enough memory: close other programs, or use fewer or smaller pictures"


class _Verbs(click.Group):
    """Loads a verb's module only when that verb is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"vitreous.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from vitreous.errors import UsageError, nearest

            raise UsageError(f"there is no command '{_visible(args[0])}'", remedy=nearest(args[0], VERBS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vitreous", message="vitreous %(version)s")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.pass_context
def _vitreous(context: click.Context, debug: bool) -> None:
    """Turn a folder of photos into a model you can trust, and follow every answer back to its pixels."""
    if _plain():
        context.color = False


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; without `arguments`, as the program of this process."""
    if arguments is None:
        _main_program()
    else:
        sys.exit(_command(arguments))


def _main_program() -> NoReturn:
    """Signals that ask to stop are heard as Ctrl-C is: what was begun is taken back, and nothing is left half-written."""
    _open_closed_streams()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries remark on odd files is for programmers; what matters is said in sentences
    for name in ("SIGTERM", "SIGHUP"):
        # what was started to ignore it (nohup) goes on
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    try:
        code = _command(sys.argv[1:])
    except KeyboardInterrupt:  # an impatient second one
        code = 130
    except SystemExit as stopped:  # by a signal, or by click where the reader of our output has gone
        code = int(stopped.code or 0)
        if code > 128:
            with suppress(OSError):  # the terminal may be gone
                click.echo(_visible("; ".join(("Stopped: nothing is left half-written", *_notes_of(stopped)))) + ".", err=True)
    if not code:
        sys.exit(0)
    # The engine's threads may still be at work, and would be cut off while Python ends, which aborts the process.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _open_closed_streams() -> None:
    """What a closed stream (`>&-`, a service without a terminal) would be told goes nowhere."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # for as long as the process
            setattr(sys, name, open(os.devnull, "w" if descriptor else "r", encoding="utf-8"))  # noqa: SIM115


def _command(arguments: list[str]) -> int:
    debug = "--debug" in arguments
    # also behind the verb, where a user adds it after an error
    arguments = [each for each in arguments if each != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        # a file name that is no UTF-8 is shown with escapes, never a traceback
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    return _run(arguments, debug)


def _run(arguments: list[str], debug: bool) -> int:
    try:
        result = _vitreous.main(arguments, prog_name="vitreous", standalone_mode=False)
        return int(result) if isinstance(result, int) else 0
    except click.exceptions.Abort as error:
        return _interrupted(error.__cause__)
    except KeyboardInterrupt as error:
        return _interrupted(error)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)  # repeats what was typed, as it was typed
        click.echo("\n".join(_visible(line) for line in shown.getvalue().rstrip("\n").split("\n")), err=True)
        return error.exit_code
    except BrokenPipeError:
        # the reader of our output has gone (`| head`): nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except VitreousError as error:
        if debug:
            raise
        _say_error("; ".join((str(error), *_notes_of(error))))
        return error.exit_code
    except MemoryError as error:
        if debug:
            raise
        _say_error("; ".join((_NO_MEMORY, *_notes_of(error))))
        return 1
    except OSError as error:
        if debug:
            raise
        reason = error.strerror or str(error)
        _say_error(f"{reason}: {os.fsdecode(error.filename)}" if isinstance(error.filename, str | bytes) else f"cannot write the output: {reason}")
        return 1
    except Exception as error:  # a mistake of ours: said as one, without a traceback
        if debug:
            raise
        if is_memory_error(error):
            _say_error("; ".join((_NO_MEMORY, *_notes_of(error))))
            return 1
        _say_error(f"an internal error, please report it ({type(error).__name__}: {error}); --debug shows where")
        return 1


def _interrupted(error: BaseException | None) -> int:
    click.echo("\n" + _visible("; ".join(("Interrupted: nothing is left half-written", *_notes_of(error)))) + ".", err=True)
    return 130


def _notes_of(error: BaseException | None) -> list[str]:
    """What was noted on the way: where something is kept, how it goes on."""
    return list(getattr(error, "__notes__", ()))


def _visible(text: str) -> str:
    from vitreous.core.text import visible

    return visible(text)


def _plain() -> bool:
    """Whether colour is not wanted (https://no-color.org); click does not ask."""
    return bool(os.environ.get("NO_COLOR"))


def _say_error(text: str) -> None:
    click.secho("error: ", fg="red", nl=False, err=True, color=False if _plain() else None)
    click.echo(_visible(text.replace("\n", " ")), err=True)
