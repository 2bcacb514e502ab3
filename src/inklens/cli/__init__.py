"""The command line: one file per command, thin. Heavy imports wait until a command runs."""

import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

import typer
from typer import Option

from inklens.cli.console import errors
from inklens.cli.light import LightGroup
from inklens.errors import InklensError
from inklens.printable import printable

# In the order of the help. Each is the function of that name in the module of that name, made by the class
# `Command` there where the module has one.
COMMANDS = (
    "train", "combine", "tune", "evaluate", "compare", "robustness", "predict", "read", "form", "serve",
    "explain", "report", "export", "check", "audit", "reproduce", "corrections", "datasets", "show",
)  # fmt: skip

# What a shell says of a program that wrote to a pipe which nobody reads any more: 128 + SIGPIPE.
_READER_GONE = 141

# What a disk says that takes no more.
_FULL = (errno.ENOSPC, errno.EDQUOT)


def command_line(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with some of its commands: `inklens predict` does not wait for those of others."""
    made = typer.Typer(
        name="inklens",
        cls=LightGroup,
        help="Train, examine and use convolutional networks for small images, "
        "starting with handwritten digits.",
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback(invoke_without_command=True)(_options)
    for name in names:
        module = import_module(f"inklens.cli.{name}")
        made.command(name, cls=getattr(module, "Command", None))(getattr(module, name))
    return made


def _options(
    context: typer.Context, version: bool = Option(False, "--version", help="Print the version and exit.")
) -> None:
    if version:
        from inklens import __version__

        typer.echo(f"inklens {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; what a user gave and cannot be used is one line and exit code 2."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        code = command_line([asked] if asked in COMMANDS else COMMANDS)(standalone_mode=False)
        if sys.stdout is not None:  # None where it is closed
            sys.stdout.flush()
    except InklensError as error:
        _complain(str(error))
        code = error.exit_code
    except typer.TyperException as error:  # a mistake in the options, as Typer words it
        _complain(_option_mistake(error))
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):  # the second while a command is still imported
        code = 130
    except (BrokenPipeError, SystemExit) as error:  # Typer and Rich make a SystemExit of it
        if not any(isinstance(one, BrokenPipeError) for one in (error, error.__context__)):
            raise
        _drop_output()
        code = _READER_GONE
    except OSError as error:
        if error.errno not in _FULL:
            raise
        code = InklensError.exit_code
        with suppress(OSError):  # it may be standard error that is full
            _complain(f"{error.strerror}: what was to be written is cut short; free some space and repeat")
        try:
            typer.echo(nl=False)  # flushes it, and it may be another file that is full
        except OSError:
            _drop_output()
    sys.exit(code)


def _drop_output() -> None:
    """Sends what is left of standard output nowhere: else Python would try once more, and complain."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _option_mistake(error: typer.TyperException) -> str:
    """What was given and what is expected, and the command whose help says more."""
    message = error.format_message()
    if errors_of := getattr(error.__cause__, "errors", None):  # pydantic's, which says "Input should be ..."
        message = message.replace("Input", repr(errors_of()[0]["input"]), 1)
    context = getattr(error, "ctx", None)
    command = f"{context.info_name} " if context and context.parent else ""
    return f"{message}{'' if message.endswith(('.', '?')) else '.'} See `inklens {command}--help`."


def _complain(message: str) -> None:
    from rich.markup import escape

    errors.print(f"[red]inklens:[/red] {escape(printable(' '.join(message.split())))}", markup=True)
