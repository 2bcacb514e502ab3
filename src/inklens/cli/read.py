"""`inklens read`: the numbers on photos and scans."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from typer import Argument, Option

from inklens.cli.light import LightCommand, Model, open_classifier, whole_number
from inklens.printable import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inklens.reading import Reading


def _region(text: str) -> tuple[int, ...]:
    if re.fullmatch(r"\d{1,6}(,\d{1,6}){3}", text):
        return tuple(map(int, text.split(",")))
    raise ValueError(f"{text!r} is no region: expected left,top,width,height, such as 40,60,800,200.")


def _grid(text: str) -> tuple[int, ...] | str:
    if text in ("auto", "all"):
        return text
    if re.fullmatch(r"\d{1,3}[xX]\d{1,3}", text):
        return tuple(map(int, text.lower().split("x")))
    raise ValueError(f"{text!r} is no grid: expected ROWSxCOLUMNS, such as 9x9, or auto or all.")


def _share(text: str) -> float:
    if re.fullmatch(r"0(\.\d+)?|1(\.0*)?|\.\d+", text):
        return float(text)
    raise ValueError(f"{text!r} is no confidence: expected a number from 0 to 1, such as 0.9.")


class Command(LightCommand):
    """Converts the options of `read` without pydantic."""

    converters: ClassVar = {
        "model": Path, "results": Path, "annotate": Path, "stages": Path,
        "expect": whole_number, "region": _region, "grid": _grid, "form": Path, "review": Path,
        "review_below": _share,
    }  # fmt: skip


def read(
    paths: Annotated[list[str], Argument(metavar="PHOTO...", help="Files, folders or patterns.")],
    model: Model = None,
    expect: Annotated[int | None, Option(metavar="N", help="Read one number of this many digits.")] = None,
    region: Annotated[str | None, Option(metavar="X,Y,W,H", help="Read only this part, in pixels.")] = None,
    grid: Annotated[
        str | None,
        Option(metavar="ROWSxCOLS", help="A table or puzzle: an answer for each cell; auto, all."),
    ] = None,
    form: Annotated[
        Path | None, Option(metavar="form.json", help="Read the fields of a form, from inklens form.")
    ] = None,
    separate: Annotated[bool, Option("--separate", help="Digits far apart are single numbers.")] = False,
    marks: Annotated[bool, Option("--marks", help="Print points, minus signs, slashes, colons.")] = False,
    results: Annotated[
        Path | None, Option("--output", help="A .json or .csv with boxes and probabilities.")
    ] = None,
    annotate: Annotated[Path | None, Option(help="Draw what was read: a .png, or a folder.")] = None,
    stages: Annotated[Path | None, Option(help="Folder for a picture of each step.")] = None,
    review: Annotated[Path | None, Option(help="Folder for the fields that are unsure.")] = None,
    review_below: Annotated[
        float | None, Option(metavar="CONFIDENCE", help="Which fields are unsure; default: 0.99.")
    ] = None,
) -> None:
    """Read the handwritten numbers on photos and scans."""
    from inklens.cli.form_reading import check_form_options, read_forms

    pages_only: dict[str, Any] = {
        "expect": expect, "region": region, "grid": grid, "separate": separate, "marks": marks,
        "annotate": annotate, "stages": stages,
    }  # fmt: skip
    check_form_options(form, review, review_below, **pages_only)
    if form is not None:
        read_forms(paths, form, model, results, review, review_below)
    else:
        _read_pages(paths, model, results, **pages_only)


def _read_pages(
    paths: list[str], model: Path | None, results: Path | None, *, expect: int | None, region: Any,
    grid: Any, separate: bool, marks: bool, annotate: Path | None, stages: Path | None,
) -> None:  # fmt: skip
    """Reads the numbers of each photo, prints them, and writes what was asked for."""
    from inklens.classifier import find_images
    from inklens.errors import DataError, ImageError
    from inklens.reading.pdf_pages import with_pdf_pages
    from inklens.reading.prefetch import prefetch_pages
    from inklens.reading.read_page import check_options, read_page
    from inklens.reading.reading_files import check_targets, places_of, write_picture, write_reading

    check_targets(results, annotate, stages)
    options: dict[str, Any] = {"expect": expect, "grid": grid}
    check_options(**options)
    options |= {"separate": separate, "marks": marks}
    files = with_pdf_pages(find_images(paths))
    pages = prefetch_pages(files, region)  # four numbers, by `Command.converters`
    classifier = open_classifier(model)
    readings: list[tuple[str, Reading]] = []
    errors = []
    places = iter(places_of(files))
    for file, opened in pages:
        place = next(places) if len(files) > 1 else None
        try:
            page = opened()
            reading = read_page(page, classifier, **options, on_stage=_stage_writer(stages, place))
        except ImageError as error:
            errors.append(str(error))
            continue
        readings.append((file, reading.blanked()))
        _say(file, reading, several=len(files) > 1, stages=stages is not None, marks=marks)
        if annotate is not None:
            write_picture(annotate / f"{place}.png" if place else annotate, reading.annotated())
    if not readings:
        raise DataError(errors[0] if errors else "no photo was given; expected at least one path")
    if results is not None:
        write_reading(results, readings)
    _conclude(results, annotate, stages, errors, len(files))


def _stage_writer(stages: Path | None, place: Path | None) -> Any:
    if stages is None:
        return None
    from inklens.reading.reading_files import write_picture

    folder = stages / place if place else stages

    def write(name: str, picture: "NDArray[np.uint8]") -> None:
        write_picture(folder / f"{name}.png", picture)

    return write


def _say(file: str, reading: "Reading", *, several: bool, stages: bool, marks: bool) -> None:
    """Print the text, below the file's name if there are several; why nothing was read, to stderr."""
    if several:
        typer.echo(printable(f"{file}:"))
    if reading.text:
        typer.echo(reading.text)
    for grid in reading.grids:
        typer.echo(f"grid       {grid.rows}x{grid.columns}", err=True)
    if stages and reading.left_out:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in reading.left_out.items())
        typer.echo(f"left out   {reasons}", err=True)
    if not marks and (count := reading.left_out.get("marks", 0)):  # 3.14 is 314 then
        what = f"{count:,} mark{'s' * (count > 1)} beside digits left out"
        what += ": --marks prints points, minus signs, slashes and colons"
        typer.echo(printable(f"note: {file}: {what}"), err=True)
    if reading.reason:
        typer.echo(printable(f"note: {file}: {reading.reason}"), err=True)


def _conclude(
    results: Path | None, annotate: Path | None, stages: Path | None, errors: list[str], files: int
) -> None:
    for name, path in (("results", results), ("annotated", annotate), ("stages", stages)):
        if path is not None:
            typer.echo(f"{name:<10} {path}", err=True)
    if errors:
        note = f"note: {len(errors):,} of {files:,} photos could not be read: {errors[0]}"
        typer.echo(printable(note), err=True)
