"""`inklens export`: a run's network as a file for elsewhere, kept only if it says the same."""

from pathlib import Path
from typing import Annotated

from typer import Option

from inklens.cli.console import output
from inklens.cli.options import MaxError, OfRun
from inklens.export.formats import FORMATS, metadata_file


def export(
    run: OfRun,
    format_name: Annotated[str, Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "onnx",
    target: Annotated[Path | None, Option("--output", help="The file; default: in the run's folder.")] = None,
    max_error: MaxError = None,
) -> None:
    """Write a run's network in a format, load it afresh, and prove that it says what the network says."""
    from inklens.export.proof import BATCH_SIZES
    from inklens.run import Run

    written, proof = Run.open(run).export(format_name, output=target, max_error=max_error)
    sizes = ", ".join(map(str, BATCH_SIZES))
    output.print(
        f"proved     on {proof.images} held-out images at batch sizes {sizes}: the same labels, "
        f"probabilities within {proof.largest_difference:.0e}"
    )
    if not FORMATS[format_name].metadata_inside:
        output.print(f"metadata   {metadata_file(written)}")
    output.print(f"{format_name:<10} {written}")
