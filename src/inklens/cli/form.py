"""`inklens form`: proposes the form.json that `inklens read --form` takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Argument, Option

from inklens.cli.light import LightCommand
from inklens.printable import printable

if TYPE_CHECKING:
    from typer._click import Context


class Command(LightCommand):
    """Converts the options of `form` without pydantic."""

    converters: ClassVar = {"picture": Path, "output": Path}

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """`form make PICTURE` is the same as `form PICTURE`."""
        makes = len(args) > 1 and args[0] == "make" and not args[1].startswith("-")
        return super().parse_args(ctx, args[1:] if makes else args)


def form(
    picture: Annotated[Path, Argument(metavar="PICTURE", help="A scan of the empty form.")],
    output: Annotated[Path, Option(metavar="FILE", help="Where its fields are written.")] = Path("form.json"),
) -> None:
    """Propose the fields of an empty form from its printed boxes, for `inklens read --form`."""
    from inklens.atomic_file import check_place
    from inklens.errors import OptionError
    from inklens.reading.form.form_file import save_form
    from inklens.reading.form.form_proposal import propose_form

    if output.suffix.lower() != ".json":
        raise OptionError(f"--output {output} has another suffix; expected .json")
    if output.exists():  # somebody has named its fields
        raise OptionError(f"--output {output} is there already; give another --output")
    check_place("output", output, output.parent)
    proposed = propose_form(picture)
    save_form(output, proposed)
    for field in proposed.fields:
        size = f"{field.rows}x{field.columns}" if field.kind == "grid" else f"{field.columns}"
        left, top, width, height = field.box
        typer.echo(f"{field.name:<10} {field.kind:<7} {size:<7} {left:g},{top:g},{width:g},{height:g}")
    typer.echo(printable(f"form       {output}: give its fields their names"), err=True)
