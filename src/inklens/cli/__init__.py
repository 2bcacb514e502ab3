"""The command line: one file per command, thin. Heavy imports wait until a command runs."""

import sys
from collections.abc import Iterable
from importlib import import_module

import typer

from inklens.cli.console import errors, printable
from inklens.cli.light import LightGroup
from inklens.errors import InklensError

# In the order of the help. Each is the function of that name in the module of that name, made by the class
# `Command` there where the module has one.
COMMANDS = (
    "train", "evaluate", "compare", "robustness", "predict", "read", "explain", "report", "export", "audit",
    "datasets", "show",
)  # fmt: skip


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
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
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
    except InklensError as error:
        _complain(str(error))
        code = error.exit_code
    except typer.TyperException as error:  # a mistake in the options, as Typer words it
        _complain(f"{error.format_message()} See `inklens --help`.")
        code = error.exit_code
    except typer.Abort:
        code = 130
    sys.exit(code)


def _complain(message: str) -> None:
    from rich.markup import escape

    errors.print(f"[red]inklens:[/red] {escape(printable(' '.join(message.split())))}")
