"""Commands that start in an instant: Typer converts values with pydantic, whose import takes 90 ms.

That is a quarter of a whole prediction. It rests on one private attribute of Typer's; in a version without
it Typer converts the values, and all that is lost is the time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from typer import Option
from typer.core import TyperCommand, TyperGroup

from inklens.printable import printable

if TYPE_CHECKING:
    from typer._click import Context, Parameter

    from inklens.classifier import Classifier

Model = Annotated[Path | None, Option(help="A run or a model.onnx; default: the latest in runs.")]


def whole_number(text: str) -> int:
    """A converter: "3" -> 3."""
    if not str(text).isdecimal() or int(text) < 1:
        raise ValueError(f"{text!r} is not a whole number, 1 or more.")
    return int(text)


def open_classifier(model: Path | None) -> Classifier:
    """The model given, or that of the latest run, which is then named where somebody reads the answers."""
    from inklens.classifier import Classifier

    if model is not None:
        return Classifier.open(model)
    from inklens.run_folder import RunFolder

    latest = RunFolder.latest().path
    classifier = Classifier.open(latest)
    name_model(latest, classifier.metadata.data.get("name", "data without a name"), classifier.class_names)
    return classifier


def name_model(path: Path, data: str, class_names: Sequence[str]) -> None:
    """Says which model was taken where none was named, if somebody reads the answers on a terminal."""
    if sys.stdout is not None and sys.stdout.isatty():  # None where it is closed
        from inklens.evaluation.class_matching import listed

        line = f"model {path}, trained on {data}; classes {listed(class_names)} (--model names another)"
        typer.echo(printable(line), err=True)


class _Conversion:
    """Stands in for Typer's own conversion of one parameter; a ValueError says what is expected."""

    def __init__(self, convert: Callable[[str], Any]) -> None:
        self._convert = convert

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        try:
            return [self._convert(item) for item in value] if many else self._convert(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from error


class LightGroup(TyperGroup):
    """The `inklens` before the command's name: it has flags only."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        return _lightened(super().get_params(ctx), {})


class LightCommand(TyperCommand):
    """A command whose parameters are converted by `converters`, by their names; others stay text or flags."""

    converters: ClassVar[dict[str, Callable[[str], Any]]] = {}

    def get_params(self, ctx: Context) -> list[Parameter]:
        return _lightened(super().get_params(ctx), self.converters)


def _lightened(parameters: list[Parameter], converters: dict[str, Callable[[str], Any]]) -> list[Parameter]:
    for parameter in parameters:
        conversion = _Conversion(converters.get(parameter.name or "", str))
        parameter._runtime_param = conversion  # type: ignore[attr-defined]
    return parameters
