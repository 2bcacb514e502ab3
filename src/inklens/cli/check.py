"""`inklens check`: what is wrong with data, before anything is learnt from them."""

from pathlib import Path
from typing import Annotated, Any

from typer import Exit, Option

from inklens.cli.console import interrupts_told, output, print_table
from inklens.cli.options import (
    Channels,
    DataArgument,
    Framing,
    Kind,
    SameData,
    Size,
    Strict,
    chosen_data,
    load_named,
    run_place,
)

_SERIOUS = 4  # the exit code of a check that found something serious


def check(
    data: DataArgument = None,
    same_data: SameData = None,
    labels: Annotated[
        bool, Option("--labels", help="Also train networks that say which labels are probably wrong.")
    ] = False,
    folder: Annotated[
        Path | None, Option("--output", help="The check's folder; default: checks/DATA-NUMBER.")
    ] = None,
    kind: Kind = None,
    size: Size = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Look at data before training: copies, leaks into the test part, unreadable and inverted images."""
    from inklens.audit import check_data
    from inklens.audit.check_files import TABLE
    from inklens.audit.data_check import KINDS

    named = chosen_data(data, same_data)
    any_share: dict[str, Any] = {} if named is None else {"unusable_share": 1.0}  # all of them are listed
    loaded = load_named(
        named, kind=kind, size=size, channels=channels, framing=framing, strict=strict, **any_share
    )
    output.print(str(loaded))
    with interrupts_told():
        written, found = check_data(loaded, labels=labels, **run_place(folder, None, "checks"))
    rows = [
        [what, f"{found.counts[what]:,}", "serious" if what in found.serious_kinds else "", meaning]
        for what, (_, meaning) in KINDS.items()
        if found.counts[what]
    ]
    if rows:
        print_table(rows, "<><<")
        output.print(f"list       {written.path / TABLE}")
        if written.findings.is_file():
            output.print(f"picture    {written.findings}")
    output.print(
        f"checked    {found.images:,} images: {len(found.serious) or 'no'} serious "
        f"finding{'s' * (len(found.serious) != 1)}"
    )
    if found.serious:
        raise Exit(_SERIOUS)
