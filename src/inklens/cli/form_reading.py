"""`inklens read --form`: the fields of photographed forms."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from inklens.cli.console import note
from inklens.cli.light import open_classifier
from inklens.printable import printable

if TYPE_CHECKING:
    from inklens.classifier import Classifier
    from inklens.reading.form.form_file import Form
    from inklens.reading.form.form_results import FormReading
    from inklens.reading.form.read_form import FieldReading, FormReader


def check_form_options(form: Path | None, review: Path | None, below: float | None, **others: Any) -> None:
    """Refuse options that exclude each other.

    Raises:
        OptionError: options for pages beside --form, or options for forms without it.
    """
    from inklens.errors import OptionError

    if form is None:
        for name, value in (("review", review), ("review-below", below)):
            if value is not None:
                raise OptionError(
                    f"--{name} is about the fields of a form; expected --form form.json beside it"
                )
        return
    for name, value in others.items():
        if value:
            raise OptionError(f"--form and --{name} exclude each other: form.json says what is read where")


def read_forms(
    paths: list[str], path: Path, model: Path | None, results: Path | None, review: Path | None,
    below: float | None,
) -> None:  # fmt: skip
    """Reads the fields of a form on each photo, prints them, and writes what was asked for."""
    from inklens.classifier import find_images
    from inklens.errors import DataError, ImageError
    from inklens.reading.form.form_file import load_form
    from inklens.reading.form.form_results import check_columns, write_crops, write_form_readings
    from inklens.reading.form.read_form import LOOK_AT
    from inklens.reading.pdf_pages import with_pdf_pages
    from inklens.reading.prefetch import prefetch_pages
    from inklens.reading.reading_files import places_of

    form = load_form(path)
    check_columns(form)
    _check_places(path, results, review)
    files = with_pdf_pages(find_images(paths))
    reader = _form_reader(path, form, open_classifier(model))
    threshold = LOOK_AT if below is None else below
    readings: list[FormReading] = []
    errors, crops = [], 0
    for (file, opened), place in zip(prefetch_pages(files), places_of(files), strict=True):
        try:
            fields = reader.read(opened(), file)
        except ImageError as error:
            errors.append(str(error))
            readings.append((file, (), str(error)))
            continue
        readings.append((file, fields, ""))
        _say(file, fields, threshold, several=len(files) > 1)
        if review is not None:
            crops += write_crops(review / place if len(files) > 1 else review, fields, threshold)
    if len(errors) == len(readings):
        raise DataError(errors[0] if errors else "no photo was given; expected at least one path")
    if results is not None:
        write_form_readings(results, form, readings, threshold)
        typer.echo(printable(f"results    {results}"), err=True)
    if review is not None:
        typer.echo(printable(f"review     {review}: {crops:,} fields"), err=True)
    if errors:
        note(f"{len(errors):,} of {len(files):,} photos could not be read: {errors[0]}")


def _check_places(form: Path, results: Path | None, review: Path | None) -> None:
    """Refuse places for what is read that could not be written, or that would take the form's own."""
    from inklens.atomic_file import check_place
    from inklens.errors import OptionError
    from inklens.reading.reading_files import check_targets

    check_targets(results)
    if results is not None and results.exists() and results.samefile(form):
        raise OptionError(f"--output {results} is the form itself; give another --output")
    if review is not None:
        check_place("review", review, review)


def _form_reader(path: Path, form: "Form", classifier: "Classifier") -> "FormReader":
    """The reader; where it is the form's page that cannot be read, the message names the form too."""
    from inklens.errors import ImageError, OptionError
    from inklens.reading.form.read_form import FormReader

    try:
        return FormReader(form, classifier)
    except ImageError as error:
        raise OptionError(f'--form {path}, its "page": {error}') from error


def _say(file: str, fields: "list[FieldReading]", below: float, several: bool) -> None:
    """Print a field a line, below the photo's name if there are several."""
    if several:
        typer.echo(printable(f"{file}:"))
    wide = max(len(read.field.name) for read in fields)
    for read in fields:
        look = f"  look at this ({read.confidence:.2f})" if read.confidence < below else ""
        typer.echo(printable(f"{read.field.name:<{wide}}  {read.text}{look}"))
