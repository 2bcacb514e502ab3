"""A training that is given as a file: its data, and what else was asked for."""

from typing import TYPE_CHECKING, Any

from inklens.cli.console import note
from inklens.errors import DataError

if TYPE_CHECKING:
    from inklens.datasets import Dataset
    from inklens.recipes import SavedTraining


def load_saved(saved: "SavedTraining", **options: Any) -> "Dataset":
    """The data of a saved training, loaded as it did; options that are given take the place of its own.

    Raises:
        DataError: they are not where they were, or cannot be read.
    """
    from inklens.datasets import load

    given = {name: value for name, value in options.items() if value}
    known = dict(saved.data or {})
    if "kind" in given:
        del known["framing"]  # which goes by the kind
    try:
        loaded = load(**{**known, **given})
    except DataError as error:
        raise DataError(f"the data that the recipe names: {error}; give others with --data") from error
    if not given and loaded.fingerprint != saved.fingerprint:
        note(f"{loaded.source} has changed since it was trained on: the same recipe gives another network")
    return loaded


def training_options(
    saved: "SavedTraining | None",
    *,
    no_test: bool,
    max_error: float | None,
    tensorboard: bool,
    checkpoint_every: float | None,
) -> dict[str, Any]:
    """The options of `inklens.train` that the command line gives, else those of the saved training."""
    known = {} if saved is None else saved.options
    every = known.get("checkpoint_every", 60.0) if checkpoint_every is None else checkpoint_every
    return {
        "test": known.get("test", True) and not no_test,
        "max_error": known.get("max_error") if max_error is None else max_error,
        "tensorboard": tensorboard or known.get("tensorboard", False),
        "checkpoint_every": every,
    }
