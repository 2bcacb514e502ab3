"""`inklens show`: a labelled picture of a data set, and what is in it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from inklens.cli.console import output
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
)
from inklens.errors import OptionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inklens.datasets import Dataset

AUGMENTED = 12  # images in a picture of what augmentation does, and how often each of them is changed
TIMES = 6


def show(
    data: DataArgument = None,
    same_data: SameData = None,
    count: Annotated[int, Option(min=1, max=400, help="How many images.")] = 40,
    picture: Annotated[Path | None, Option("--output", help="A .png; default: pictures/NAME.png")] = None,
    seed: Annotated[int, Option(min=0, help="Which images: another seed, another choice.")] = 0,
    first: Annotated[bool, Option("--first", help="The first images instead of a choice.")] = False,
    augment: Annotated[str | None, Option(metavar="PRESET", help="Show what its augmentation does.")] = None,
    kind: Kind = None,
    size: Size = None,
    channels: Channels = None,
    framing: Framing = None,
    strict: Strict = False,
) -> None:
    """Write a picture of labelled training images, and print shapes, counts and classes."""
    import numpy as np

    from inklens.atomic_file import atomic
    from inklens.reporting import sample_grid

    if picture is not None and picture.suffix.lower() != ".png":
        raise OptionError(
            f"the picture {str(picture)!r} has another ending; expected a name that ends in .png"
        )
    loaded = load_named(
        chosen_data(data, same_data), kind=kind, size=size, channels=channels, framing=framing, strict=strict
    )
    count = min(count, len(loaded.train)) if augment is None else min(count, len(loaded.train), AUGMENTED)
    random = np.random.default_rng(seed)
    chosen = np.arange(count) if first else np.sort(random.choice(len(loaded.train), count, replace=False))
    images, labels = loaded.train.batch(chosen), loaded.train.labels[chosen]
    path = picture or Path("pictures") / f"{loaded.name}{f'-{augment}' if augment else ''}.png"
    if augment is not None:
        _show_augmented(augment, loaded, chosen, path)
    else:
        with atomic(path) as temporary:
            sample_grid(images, labels, loaded.class_names, temporary, title=loaded.name)
    output.print(str(loaded))
    output.print(
        f"  labels   {', '.join(loaded.class_names[label] for label in labels[:10])}"
        f"{' ...' * (len(labels) > 10)}"
    )
    output.print(f"picture    {path}")


def _show_augmented(preset: str, data: "Dataset", chosen: "NDArray[np.integer]", path: Path) -> None:
    from inklens.atomic_file import atomic
    from inklens.networks.backends import select_backend
    from inklens.recipes import Recipe
    from inklens.recipes.flips import flips
    from inklens.reporting import augmentation_grid

    recipe = Recipe.from_preset(preset).for_kind(data.kind)
    flip, _ = flips(recipe.flip, recipe.tta, data.kind, data.class_names)
    if recipe.augmentation == "none":
        raise OptionError(
            f"the preset {preset!r} trains on images as they are; give one that augments (accurate)"
        )
    select_backend(recipe.backend)
    from inklens.networks.augmentation import augmented

    images = data.train.batch(chosen)
    changed = augmented(images, recipe.augmentation, recipe.seed, TIMES, flip=flip == "on")
    with atomic(path) as temporary:
        augmentation_grid(
            images,
            changed,
            data.train.labels[chosen],
            data.class_names,
            temporary,
            title=f"{data.name}, augmented for {preset}",
        )
