"""`inklens audit`: which training images are probably labelled wrongly.

It examines data, not a run: hence a name of its own, and a folder of its own.
"""

from pathlib import Path
from typing import Annotated

from typer import Option

from inklens.cli.console import interrupts_told, output
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
from inklens.networks import BACKENDS
from inklens.recipes.presets import WITHOUT_TEACHER


def audit(
    data: DataArgument = None,
    same_data: SameData = None,
    preset: Annotated[str, Option(help=f"How to train: one of {', '.join(WITHOUT_TEACHER)}.")] = "fast",
    folds: Annotated[int, Option(help="Networks; each looks at the images that it did not learn.")] = 5,
    epochs: Annotated[int | None, Option(help="Of each network; default: the preset's.")] = None,
    seed: Annotated[int, Option(help="Of the folds and the networks.")] = 0,
    backend: Annotated[str, Option(help=f"One of {', '.join(BACKENDS)}.")] = "auto",
    folder: Annotated[
        Path | None, Option("--output", help="The audit's folder; default: audits/DATA-NUMBER.")
    ] = None,
    kind: Kind = None,
    size: Size = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Find training images that are probably labelled wrongly: a ranked CSV and a picture sheet."""
    from inklens.recipes import Recipe

    given = {} if epochs is None else {"epochs": epochs}
    recipe = Recipe.from_preset(preset, seed=seed, backend=backend, **given)

    from inklens.audit.label_audit import PICTURE, TABLE, audit_labels
    from inklens.cli.training_display import shown

    loaded = load_named(
        chosen_data(data, same_data), kind=kind, size=size, channels=channels, framing=framing, strict=strict
    )
    output.print(str(loaded))
    with interrupts_told(), shown(output.console) as progress:
        written, issues = audit_labels(
            loaded,
            recipe,
            folds=folds,
            **run_place(folder, None, "audits"),
            progress=progress,
            on_fold=lambda fold, of: output.print(f"fold {fold} of {of}"),
        )
    output.print(
        f"doubtful   {len(issues):,} of {issues.images:,} training images are classified differently by "
        f"networks that did not learn them; about {issues.estimated:,} labels are probably wrong"
    )
    if len(issues):
        output.print(f"picture    {written.path / PICTURE}")
    output.print(f"list       {written.path / TABLE}")
