"""What a search varies, and between which bounds, around a preset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inklens.networks import NETWORKS
from inklens.recipes import Recipe

if TYPE_CHECKING:
    import optuna

_BATCH_SIZES = (64, 128, 256, 512)
_WIDTHS = (0.5, 2.0)
_DROPOUTS = (0.0, 0.6)
_SMOOTHINGS = (0.0, 0.15)
_DECAYS = (1e-5, 1e-1)
_RATE_FACTOR = 10.0  # up and down from the preset's
_AUGMENTATIONS = {
    "writing": ("none", "writing-light", "writing"),
    "things": ("none", "things-light", "things"),
}


def suggested(trial: optuna.trial.Trial, preset: Recipe, kind: str) -> Recipe:
    """The preset with the values that a trial is to try.

    Args:
        preset: concrete: for the kind of the data.
        kind: "writing" or "things".
    """
    rate = preset.learning_rate
    changed: dict[str, Any] = {
        "network": trial.suggest_categorical("network", tuple(NETWORKS)),
        "learning_rate": trial.suggest_float(
            "learning_rate", rate / _RATE_FACTOR, rate * _RATE_FACTOR, log=True
        ),
        "batch_size": trial.suggest_categorical("batch_size", _batch_sizes(preset)),
        "width_multiplier": round(trial.suggest_float("width_multiplier", *_WIDTHS, log=True), 3),
        "augmentation": trial.suggest_categorical("augmentation", _AUGMENTATIONS[kind]),
        "dropout": round(trial.suggest_float("dropout", *_DROPOUTS), 3),
        "label_smoothing": round(trial.suggest_float("label_smoothing", *_SMOOTHINGS), 4),
        "weight_decay": trial.suggest_float("weight_decay", *_DECAYS, log=True),
    }
    return preset.with_options(**changed)


def nearest(preset: Recipe, kind: str) -> dict[str, Any]:
    """The preset's own place in the space, or what comes nearest to it: where a search begins."""
    augmentation = preset.augmentation if preset.augmentation in _AUGMENTATIONS[kind] else "none"
    return {
        "network": preset.network,
        "learning_rate": preset.learning_rate,
        "batch_size": preset.batch_size,
        "width_multiplier": min(max(preset.width_multiplier, _WIDTHS[0]), _WIDTHS[1]),
        "augmentation": augmentation,
        "dropout": min(preset.dropout or 0.0, _DROPOUTS[1]),
        "label_smoothing": min(preset.label_smoothing, _SMOOTHINGS[1]),
        "weight_decay": min(max(preset.weight_decay or 0.0, _DECAYS[0]), _DECAYS[1]),
    }


def _batch_sizes(preset: Recipe) -> tuple[int, ...]:
    return tuple(sorted({*_BATCH_SIZES, preset.batch_size}))
