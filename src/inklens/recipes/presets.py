"""The presets, as data: fields of a `Recipe` by name, where they differ from its defaults.

"things" holds what differs once more where the data are pictures of things rather than writing.
Measured accuracies are in docs/results.md.
"""

from typing import Any

# What is drawn besides the images is drawn from strokes.
_NO_DRAWN_EXAMPLES: dict[str, Any] = {
    "stroke_variants": 0.0,
    "cut_digits": 0.0,
    "outliers": 0.0,
    "ood_detector": "none",
}

# One setting for all things; docs/notes.md says what was measured of it, and what was not.
_THINGS: dict[str, Any] = {
    "network": "convnet-residual",
    "width": 24,
    "batch_size": 256,
    "optimizer": "muon",
    "betas": None,
    "learning_rate": 2e-2,
    "momentum": 0.9,
    "schedule": "one-cycle",
    "weight_decay": 1e-2,
    "label_smoothing": 0.2,
    "augmentation": "things-light",
    **_NO_DRAWN_EXAMPLES,
}

_ACCURATE: dict[str, Any] = {
    "network": "convnet-deep",
    "epochs": 16,
    "batch_size": 128,
    "learning_rate": 4e-3,
    "schedule": "cosine",
    "weight_decay": 4e-3,
    "label_smoothing": 0.05,
    "augmentation": "writing",
    "stroke_variants": 0.2,
    "cut_digits": 0.15,
    "outliers": 0.5,
    "ood_detector": "convnet-small",
    "plain_epochs": 2,
    "tta": "cross",
    "minimum_steps": 1500,
    "validation_split": 1 / 12,
    "things": {
        **_THINGS,
        "width": 64,
        "depth": 2,
        "epochs": 16,
        "plain_epochs": 0,
        "outliers": 0.08,
        "tta": "mirror",
    },
}

# Where a tutorial's value is lost, ours stands; docs/tutorials.md says which.
PRESETS: dict[str, dict[str, Any]] = {
    "fast": {
        "network": "convnet-small",
        "epochs": 4,
        "betas": (0.7, 0.9),
        "augmentation": "writing-light",
        "stroke_variants": 0.1,
        "outliers": 0.05,
        "minimum_steps": 200,
        "validation_split": 1 / 12,
        "things": {**_THINGS, "epochs": 8, "outliers": 0.08, "tta": "mirror"},
    },
    "accurate": _ACCURATE,
    "distilled": {**_ACCURATE, "distillation": 0.9, "distillation_temperature": 2.0},
    "tutorial-a": {
        "network": "conv3x3-triple",
        "epochs": 20,
        "batch_size": 128,
        "dropout": 0.75,  # benchmarks/results/choose-tutorial-a.json
        "learning_rate": 1e-3,
        "schedule": "constant",
        "validation_split": 0.1,
    },
    "tutorial-b": {
        "network": "conv3x3-double",
        "epochs": 1,
        "batch_size": 32,
        "learning_rate": 1e-3,
        "schedule": "constant",
        "validation_split": 0.1,
    },
    "tutorial-c": {
        "network": "conv5x5",
        "epochs": 5,
        "batch_size": 150,
        "learning_rate": 1e-3,
        "schedule": "constant",
        "validation_data": "test",
    },
}

# Those of one network that learns from labels alone.
WITHOUT_TEACHER = tuple(name for name, fields in PRESETS.items() if "distillation" not in fields)

_MEMBER: dict[str, Any] = {
    **PRESETS["accurate"],
    "preset": "accurate",
    "outliers": 0.0,
    "ood_detector": "none",
    "things": {**PRESETS["accurate"]["things"], "epochs": 8},
}

# The members of a committee see different digits, so that not all of them err on the same images; one OOD
# detector serves all. Seeds and the validation split are the committee's own; see
# `inklens.recipes.committee_recipe`.
COMMITTEES: dict[str, dict[str, dict[str, Any]]] = {
    "committee": {
        "as-written": {**_MEMBER, "ood_detector": "convnet-small", "outliers": 0.5},
        "deslanted": {**_MEMBER, "digit_normalisation": "deslant"},
        "stretched": {**_MEMBER, "digit_normalisation": "stretch"},
    },
}

# A time without a preset takes the last of these that starts at no more: seconds on two cores, and preset.
# For things, `accurate` has about six epochs on CIFAR-10 then.
TIME_BUDGETS = {
    "writing": ((0, "fast"), (180, "accurate"), (1500, "committee")),
    "things": ((0, "fast"), (1200, "accurate"), (7200, "committee")),
}


def preset_for(time_budget: float, kind: str) -> str:
    """The preset that makes the most of so many seconds, for "writing" or "things"."""
    return [name for seconds, name in TIME_BUDGETS[kind] if seconds <= time_budget][-1]
