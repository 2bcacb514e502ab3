"""The command line: one file per command, thin. Heavy imports wait until a command runs."""

import sys

import typer

from inklens.cli import (
    audit,
    compare,
    datasets,
    evaluate,
    explain,
    export,
    predict,
    report,
    robustness,
    show,
    train,
)
from inklens.cli.console import errors, printable
from inklens.cli.light import LightCommand, LightGroup
from inklens.errors import InklensError

app = typer.Typer(
    name="inklens",
    cls=LightGroup,
    help="Train, examine and use convolutional networks for small images, starting with handwritten digits.",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("robustness")(robustness.robustness)
app.command("predict", cls=predict.Command)(predict.predict)
app.command("explain")(explain.explain)
app.command("report")(report.report)
app.command("export")(export.export)
app.command("audit")(audit.audit)
app.command("datasets", cls=LightCommand)(datasets.datasets)
app.command("show")(show.show)


@app.callback(invoke_without_command=True)
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
    try:
        code = app(standalone_mode=False)
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
