"""A recipe says everything about a training but the data: it is saved whole with the run."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from numbers import Integral, Real
from typing import Any, Self

from inklens.errors import OptionError
from inklens.networks import ACTIVATIONS, AUGMENTATIONS, NETWORKS
from inklens.networks.views import AUTO, VIEWS

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd")
SCHEDULES = ("constant", "one-cycle", "cosine")
BACKENDS = ("auto", "tensorflow", "jax", "torch")
PRECISIONS = ("auto", "float32", "bfloat16")
VALIDATION_DATA = ("split", "test")


@dataclass(frozen=True)
class Recipe:
    """How to train. `Recipe.from_preset("fast")` is the usual start; `with_options` changes fields.

    Args:
        preset: the preset's name, for the run's name and its reader.
        network: one of `inklens.networks.NETWORKS`.
        activation: "relu" or "leaky_relu".
        epochs: passes over the training images, at least 1.
        things_epochs: in their place where the data are things, which differ more than digits do; None is
            the same for both. `from_preset` and `with_options` set it to None where they are given `epochs`.
        batch_size: images per step, at least 1.
        learning_rate: the optimiser's, above 0; the peak where the schedule has one.
        schedule: "constant"; "one-cycle": up in a quarter of the steps, then down to 0 by a half cosine; or
            "cosine": the same, up in a twentieth.
        optimizer: Keras's name of it, one of `OPTIMIZERS`.
        betas: the decay rates of the optimiser's two moments (adam, adamw, nadam); None is Keras's own.
        weight_decay: decoupled from the gradient, as in AdamW (Loshchilov and Hutter 2019); not of biases and
            normalisation; None is none, for adamw Keras's own.
        weight_averaging: the decay of a running mean of the weights, which is kept at the end; None is none.
        dropout: share of activations dropped, 0 to below 1; None is the network's own.
        label_smoothing: 0 to below 1.
        augmentation: one of `inklens.networks.AUGMENTATIONS`; or "auto", which goes by the kind of the data,
            and "auto-light", the same but cheaper; `inklens.networks.augmentation` says what each does.
        other_forms: of grey writing, the share of ones and of sevens that are shown once more, with an
            upstroke or a bar, 0 to 1; `inklens.training.forms` says why.
        neighbours: of grey writing, how many images are shown once more as a cut from a neighbour that they
            touch leaves them, as a share of 1 of the images with their other forms; see
            `inklens.training.neighbours`.
        strangers: of grey digits, how many images that are none are shown as well, as a share of 1 of all
            of these; `inklens.training.strangers` says which and why.
        judge: the network that these are shown to in its place, and that says no more than whether an image
            is a digit, one of `inklens.networks.NETWORKS`; or "none"; see `inklens.training.judging`. With a
            time budget below a minute there is none.
        judge_epochs: the judge's passes over its images, no more than `epochs`.
        plain_epochs: so many epochs at the end augment by a tenth only.
        time_budget: seconds that training may take, compilation and validation included, 5 or more: in place
            of `epochs`, as many steps are made as there is time for, and the schedule is fitted to them; None
            goes by `epochs`.
        minimum_steps: a data set so small that `epochs` make fewer steps is gone through more often.
        validation_data: "split" holds images out of the training part (unless the data come with a validation
            part); "test" validates on the test set after every epoch, as tutorial C does.
        validation_split: how much to hold out: a share below 1, or a number of images.
        validation_seed: decides which images are held out; None is `seed`. A committee's members share it.
        views: test-time views, whose probabilities are averaged, inside model.onnx too: "none"; "cross", the
            image as it is and moved a pixel up, down, left and right; "wide-cross", by two pixels; "square",
            moved to all eight sides; "mirror"; "mirror-cross"; "auto": cross for writing, mirror-cross for
            things; or "auto-light": none for writing, mirror for things.
        seed: decides the split, the order of images, initial weights and dropout masks.
        backend: "tensorflow", "jax", "torch", or "auto".
        precision: "float32", "bfloat16", or "auto": bfloat16 only where it was measured to be faster.

    Raises:
        OptionError: a name that is unknown or a value out of range.
    """

    preset: str = "fast"
    network: str = "convnet-small"
    activation: str = "relu"
    epochs: int = 3
    things_epochs: int | None = None
    batch_size: int = 256
    learning_rate: float = 1e-2
    schedule: str = "one-cycle"
    optimizer: str = "adam"
    betas: tuple[float, float] | None = None
    weight_decay: float | None = None
    weight_averaging: float | None = None
    dropout: float | None = None
    label_smoothing: float = 0.0
    augmentation: str = "none"
    other_forms: float = 0.0
    neighbours: float = 0.0
    strangers: float = 0.0
    judge: str = "none"
    judge_epochs: int = 4
    plain_epochs: int = 0
    time_budget: float | None = None
    minimum_steps: int = 0
    validation_data: str = "split"
    validation_split: float | int = 0.1
    validation_seed: int | None = None
    views: str = "none"
    seed: int = 0
    backend: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        for field, known in _NAMES.items():
            known_name(field, getattr(self, field), known)
        for field, (fits, expected) in _RANGES.items():
            value = getattr(self, field)
            if not fits(value):
                raise OptionError(f"{field} {value!r} is out of range: expected {expected}")
        if self.judge != "none" and not self.strangers:
            raise OptionError(
                f"a judge, {self.judge!r}, and no strangers to tell from digits: give strangers above 0, or "
                "judge 'none'"
            )
        if self.betas is not None and not self.optimizer.endswith(("adam", "adamw")):
            raise OptionError(
                f"betas {self.betas} do not go with optimizer {self.optimizer!r}: "
                "expected adam, adamw or nadam, or no betas"
            )

    @classmethod
    def from_preset(cls, name: str, **options: Any) -> Self:
        """A preset, with some fields changed.

        Raises:
            OptionError: no such preset, no such field, or a value out of range.

        Example:
            >>> Recipe.from_preset("tutorial-c", epochs=2).batch_size
            150
        """
        if name in COMMITTEES:
            raise OptionError(
                f"preset {name!r} is several networks, and one is expected here: give one of "
                f"{', '.join(PRESETS)}; `inklens train --preset {name}` trains it"
            )
        known_name("preset", name, PRESETS)
        return cls.from_dict({**PRESETS[name], "preset": name, **_just_these_epochs(options)})

    @property
    def split_seed(self) -> int:
        """What decides which images are held out."""
        return self.seed if self.validation_seed is None else self.validation_seed

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A recipe from its fields by name, as `to_dict` gives them."""
        known = [field.name for field in fields(cls)]
        for name in values:
            known_name("recipe field", name, known)
        # JSON has no tuples.
        fitted: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**fitted)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for recipe.json."""
        return asdict(self)

    def for_kind(self, kind: str) -> Self:
        """The recipe with the epochs that data of a kind, "writing" or "things", are gone through for."""
        if kind == "things" and self.things_epochs is not None:
            return replace(self, epochs=self.things_epochs, things_epochs=None)
        return self

    def with_options(self, **options: Any) -> Self:
        """The same recipe with some fields changed; raises OptionError as the constructor does."""
        return self.from_dict({**asdict(self), **_just_these_epochs(options)})


# Where a tutorial's value is lost, ours stands; docs/tutorials.md says which.
PRESETS: dict[str, dict[str, Any]] = {
    "fast": {
        "epochs": 4,
        "betas": (0.7, 0.9),
        "augmentation": "auto-light",
        "views": "auto-light",
        "other_forms": 0.1,
        "strangers": 0.05,
        "minimum_steps": 200,
        "validation_split": 1 / 12,
    },
    "accurate": {
        "network": "convnet-deep",
        "epochs": 16,
        "things_epochs": 28,
        "batch_size": 128,
        "learning_rate": 4e-3,
        "schedule": "cosine",
        "weight_decay": 4e-3,
        "label_smoothing": 0.05,
        "augmentation": "auto",
        "other_forms": 0.2,
        "neighbours": 0.15,
        "strangers": 0.5,
        "judge": "convnet-small",
        "plain_epochs": 2,
        "views": "auto",
        "minimum_steps": 1500,
        "validation_split": 1 / 12,
    },
    "tutorial-a": {
        "network": "conv3x3-triple",
        "epochs": 20,
        "batch_size": 128,
        "dropout": 0.75,  # benchmarks/choose_tutorial_a.py
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


_MEMBER = {
    "preset": "accurate",
    "epochs": 12,
    "things_epochs": 20,
    "minimum_steps": 1100,
    "judge": "none",
    "strangers": 0.0,
}

# The members of a committee: each a preset, and where it differs, so that not all err on the same images; one
# judge will do for all.
# Seeds and the validation split are the committee's own matter; see `inklens.training.committee`.
COMMITTEES: dict[str, dict[str, dict[str, Any]]] = {
    "committee": {
        "deep": _MEMBER | {"judge": "convnet-small", "strangers": 0.5},
        "wide-kernels": _MEMBER | {"network": "convnet-wide-kernels"},
        "narrowing": _MEMBER | {"network": "convnet-narrowing"},
        "late-pooling": _MEMBER | {"network": "convnet-late-pooling"},
        "leaky": _MEMBER | {"activation": "leaky_relu"},
    },
}


# Who names a time only gets the last of these that starts at no more: seconds on two cores.
BUDGETS = ((0, "fast"), (180, "accurate"), (1500, "committee"))


def preset_for(time_budget: float) -> str:
    """The preset that makes the most of so many seconds."""
    return [name for seconds, name in BUDGETS if seconds <= time_budget][-1]


def known_name(what: str, given: object, known: Iterable[str]) -> None:
    """Raises OptionError, with the nearest name there is, when `given` is not a known one."""
    names = list(known)
    if given not in names:
        near = difflib.get_close_matches(str(given), names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise OptionError(f"unknown {what} {given!r}: {hint}expected one of {', '.join(names)}")


def _just_these_epochs(options: Mapping[str, Any]) -> dict[str, Any]:
    """Who names the epochs gets just these, however few steps they make and whatever the data."""
    just_these = {"minimum_steps": 0, "things_epochs": None}
    return {**(just_these if "epochs" in options else {}), **options}


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and value is not True and value is not False and int(value) >= least


def _number(value: Any) -> bool:
    return isinstance(value, Real) and value is not True and value is not False


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value < 1


def _seed(value: Any) -> bool:
    return _whole(value, 0) and value < 2**31


_SEEDS = "a whole number, 0 to 2147483647"
_NAMES: dict[str, Iterable[str]] = {
    "network": NETWORKS,
    "judge": ("none", *NETWORKS),
    "activation": ACTIVATIONS,
    "schedule": SCHEDULES,
    "optimizer": OPTIMIZERS,
    "augmentation": ("auto", "auto-light", *AUGMENTATIONS),
    "validation_data": VALIDATION_DATA,
    "views": (*AUTO, *VIEWS),
    "backend": BACKENDS,
    "precision": PRECISIONS,
}

_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "epochs": (lambda value: _whole(value, 1), "a whole number, 1 or more"),
    "batch_size": (lambda value: _whole(value, 1), "a whole number, 1 or more"),
    "things_epochs": (lambda value: value is None or _whole(value, 1), "a whole number, 1 or more"),
    "learning_rate": (lambda value: _number(value) and 0 < value < float("inf"), "a number above 0"),
    "betas": (
        lambda value: value is None or (isinstance(value, tuple) and [*map(_share, value)] == [True, True]),
        "two numbers, each 0 to below 1",
    ),
    "weight_decay": (
        lambda value: value is None or (_number(value) and 0 <= value < float("inf")),
        "a number, 0 or more",
    ),
    "weight_averaging": (lambda value: value is None or _share(value), "0 to below 1"),
    "dropout": (lambda value: value is None or _share(value), "0 to below 1"),
    "label_smoothing": (_share, "0 to below 1"),
    "other_forms": (lambda value: _number(value) and 0 <= value <= 1, "0 to 1"),
    "neighbours": (lambda value: _number(value) and 0 <= value <= 1, "0 to 1"),
    "strangers": (lambda value: _number(value) and 0 <= value <= 1, "0 to 1"),
    "judge_epochs": (lambda value: _whole(value, 1), "a whole number, 1 or more"),
    "plain_epochs": (lambda value: _whole(value, 0), "a whole number, 0 or more"),
    "time_budget": (
        lambda value: value is None or (_number(value) and 5 <= value < float("inf")),
        "seconds, 5 or more",
    ),
    "minimum_steps": (lambda value: _whole(value, 0), "a whole number, 0 or more"),
    "validation_split": (
        lambda value: _number(value) and value > 0 and (_share(value) or _whole(value, 1)),
        "a share above 0 and below 1, or a number of images",
    ),
    "validation_seed": (lambda value: value is None or _seed(value), _SEEDS),
    "seed": (_seed, _SEEDS),
}
