"""The command line: one thin file per verb, each loaded when it is called.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. An error is one line; `--debug` shows where it came from.
"""

import os
import sys
from importlib import import_module

import click

from vitreous.errors import VitreousError

# verb: what it does, for the list that --help prints; each is `vitreous.cli.VERB:command`
VERBS = {
    "train": "Turn a folder of photos into a model.",
    "predict": "Answer for photos, by a trained run or out of 1000 ImageNet classes.",
    "evaluate": "Measure a run on its test photos or on any labelled folder.",
    "sample": "Write example data to play with.",
}


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
            from vitreous.core.text import visible
            from vitreous.errors import UsageError, nearest

            raise UsageError(f"there is no command {visible(args[0])!r}", remedy=nearest(args[0], VERBS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vitreous", message="vitreous %(version)s")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def _vitreous(debug: bool) -> None:
    """Turn a folder of photos into a model you can trust, and follow every answer back to its pixels."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    # also behind the verb, where a user adds it after an error
    arguments = [each for each in arguments if each != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        # a file name that is no UTF-8 is shown with escapes, never a traceback
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    sys.exit(_run(arguments, debug))


def _run(arguments: list[str], debug: bool) -> int:
    try:
        result = _vitreous.main(arguments, prog_name="vitreous", standalone_mode=False)
        return int(result) if isinstance(result, int) else 0
    except click.exceptions.Abort:
        return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # the reader of our output has gone (`| head`): nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except VitreousError as error:
        if debug:
            raise
        _say_error(str(error))
        return error.exit_code
    except MemoryError:
        if debug:
            raise
        _say_error("not enough memory: close other programs, or use fewer or smaller pictures")
        return 1
    except OSError as error:
        if debug:
            raise
        _say_error(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        return 1
    except Exception as error:  # a mistake of ours: said as one, without a traceback
        if debug:
            raise
        _say_error(f"an internal error, please report it ({type(error).__name__}: {error}); --debug shows where")
        return 1


def _interrupted() -> int:
    click.echo("\nInterrupted: nothing is left half-written.", err=True)
    return 130


def _say_error(text: str) -> None:
    from vitreous.core.text import visible

    click.secho("error: ", fg="red", nl=False, err=True)
    click.echo(visible(text.replace("\n", " ")), err=True)
