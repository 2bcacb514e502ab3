"""A recipe says everything about a training but the data: it is saved whole with the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, field, fields, replace
from functools import wraps
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from inklens.choices import check_choice
from inklens.errors import OptionError
from inklens.networks import ACTIVATIONS, AUGMENTATIONS, BACKENDS, NETWORKS
from inklens.networks.table import DIGIT_NORMALISATIONS, SEEDS
from inklens.networks.tta import TTA, check_tta
from inklens.recipes.presets import COMMITTEES, PRESETS
from inklens.recipes.values import FLIPS, MOMENTUM, OPTIMIZERS, PRECISIONS, SCHEDULES, VALIDATION_DATA

# What another optimiser does not take over from the fields of things.
_OF_OPTIMIZER = ("learning_rate", "betas", "momentum", "weight_decay")

_CHOICES = {
    "network": NETWORKS,
    "ood_detector": ("none", *NETWORKS),
    "activation": ACTIVATIONS,
    "schedule": SCHEDULES,
    "optimizer": OPTIMIZERS,
    "augmentation": AUGMENTATIONS,
    "digit_normalisation": DIGIT_NORMALISATIONS,
    "flip": FLIPS,
    "validation_data": VALIDATION_DATA,
    "tta": tuple(TTA),
    "backend": BACKENDS,
    "precision": PRECISIONS,
}

_plain = BeforeValidator(lambda value: value.item() if hasattr(value, "item") else value)  # NumPy's numbers
Count = Annotated[int, _plain, Field(ge=1)]
CountOrNone = Annotated[int, _plain, Field(ge=0)]
Width = Annotated[int, _plain, Field(ge=4, le=512)]
Depth = Annotated[int, _plain, Field(ge=1, le=8)]
Positive = Annotated[float, _plain, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, _plain, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, _plain, Field(ge=0, le=1)]
ShareBelowOne = Annotated[float, _plain, Field(ge=0, lt=1)]
SplitShare = Annotated[float, _plain, Field(gt=0, lt=1)]
Seconds = Annotated[float, _plain, Field(ge=5, allow_inf_nan=False)]
Seed = Annotated[int, _plain, Field(ge=0, lt=SEEDS)]

_T = TypeVar("_T")


def _out_of_range(cls: type[_T]) -> type[_T]:
    """Turns pydantic's complaint about a field into an OptionError of one line."""
    construct: Callable[..., None] = cls.__init__

    @wraps(construct)
    def checked(self: _T, *args: Any, **values: Any) -> None:
        for name in values:
            check_choice("recipe field", name, cls.__annotations__)
        try:
            construct(self, *args, **values)
        except ValidationError as error:
            complaints = error.errors(include_url=False)
            name = str(complaints[0]["loc"][0])
            given = values.get(name, complaints[0]["input"])
            about = [one for one in complaints if one["loc"][0] == name]
            expected = " or ".join(dict.fromkeys(_expected(one["msg"]) for one in about))
            raise OptionError(f"{name} {given!r} is out of range: expected {expected}") from error

    cls.__init__ = checked  # type: ignore[method-assign, assignment]
    return cls


def _expected(message: str) -> str:
    return message.replace("Input should be ", "").replace("greater", "a number greater", 1)


@_out_of_range
@dataclass(frozen=True, config=ConfigDict(strict=True))
class Recipe:
    """How to train. `Recipe.from_preset("fast")` is the usual start; `with_options` changes fields.

    Args:
        preset: the preset's name, for the run's name and its reader.
        network: one of `inklens.networks.NETWORKS`.
        activation: "relu" or "leaky_relu".
        width: channels of the first stage, 4 to 512, and depth: residual blocks in each stage, 1 to 8, of the
            networks in `inklens.networks.table.SCALABLE`; None is the network's own.
        epochs: passes over the training images, at least 1.
        batch_size: images per step, at least 1.
        learning_rate: the optimiser's, above 0; the peak where the schedule has one.
        schedule: "constant"; "one-cycle": up in a quarter of the steps, then down to 0 by a half cosine; or
            "cosine": the same, up in a twentieth.
        optimizer: Keras's name of it, one of `OPTIMIZERS`; see `inklens.training.loop.optimizers`.
        betas: the decay rates of the optimiser's two moments (adam, adamw, nadam); None is Keras's own.
        momentum: of sgd and muon, which are Nesterov's then, and of rmsprop; None is Keras's own.
        weight_decay: decoupled from the gradient, as in AdamW (Loshchilov and Hutter 2019); not of biases and
            normalisation; None is none, for adamw Keras's own.
        dropout: share of activations dropped, 0 to below 1; None is the network's own.
        width_multiplier: the network's number of filters and of hidden units, times this; 1 is its own.
        label_smoothing: 0 to below 1.
        augmentation: one of `inklens.networks.AUGMENTATIONS`; see `inklens.networks.augmentation`.
        digit_normalisation: what is made equal in grey writing before the network sees it, in training and in
            model.onnx: "none"; "deslant", its slant; or "stretch", its height, and its width half-way. See
            `inklens.networks.digit_normalisation`.
        flip: whether things are mirrored from side to side, each in every second epoch (Jordan 2024): "on",
            "off", or "auto", which goes by the classes' names: see `inklens.recipes.flips`.
        stroke_variants: of grey writing, the share of ones, sevens, nines and threes, 0 to 1, that are shown
            once more: with an upstroke, a bar or a tail; a 3 whose upper bow is closed counts as a 9. See
            `inklens.training.examples.stroke_variants`.
        cut_digits: of grey writing, the share of images, 0 to 1, that are shown once more as a cut between
            touching digits leaves them; see `inklens.training.examples.cut_digits`.
        outliers: of things and of grey digits, how many images that show no class are added, as a share of
            all images, 0 to 1; see `inklens.training.examples`.
        balance: images of smaller classes are shown more often, until each class has as many as the largest;
            see `inklens.training.examples.balance`.
        ood_detector: the network that learns to distinguish outliers from digits, one of
            `inklens.networks.NETWORKS`; "none" shows the outliers to the network itself. See
            `inklens.training.ood_detector`.
        ood_detector_epochs: the detector's passes over its images, no more than `epochs`.
        distillation: the share of a teacher's answers in what is learnt, 0 to 1; labels have the rest. Above
            0 a training needs a teacher: see `inklens.training.loop.distillation`.
        distillation_temperature: by which the logits of teacher and network are divided for it, above 0: the
            higher, the more the less probable classes count.
        plain_epochs: so many epochs at the end augment by a tenth only; fewer epochs by `with_options` have
            fewer of them, in proportion.
        time_budget: seconds that training may take, compilation and validation included, 5 or more: in place
            of `epochs`, as many steps are made as there is time for, and the schedule is fitted to them; None
            goes by `epochs`. Below a minute no OOD detector is trained.
        patience: ends the training after so many epochs without a lower validation loss, and keeps the
            network of the epoch with the lowest; None goes through all epochs and keeps the last.
        weight_averaging: momentum of the running mean of the weights (Tarvainen and Valpola 2017), 0 to
            below 1: the mean of about 1 / (1 - momentum) steps is validated and kept; None keeps the last
            weights.
        minimum_steps: a data set so small that `epochs` make fewer steps is gone through more often.
        validation_data: "split" holds images out of the training part (unless the data come with a validation
            part); "test" validates on the test set after every epoch, as tutorial C does.
        validation_split: how much to hold out: a share below 1, or a number of images.
        validation_seed: decides which images are held out; None is `seed`. A committee's members share it.
        tta: test-time augmentation, whose probabilities are averaged, inside model.onnx too: "none"; "cross",
            the image as it is and moved a pixel up, down, left and right; "mirror"; or "mirror-cross".
        seed: decides the split, the order of images, initial weights and dropout masks; 0 to 2,147,483,647.
        backend: "tensorflow", "jax", "torch", or "auto".
        precision: "float32", "bfloat16", or "auto": bfloat16 only where it was measured to be faster.
        things: fields that differ where the data are things; `for_kind` puts them in their places, and
            recipe.json has none.

    Raises:
        OptionError: a name that is unknown or a value out of range.
    """

    preset: str = "fast"
    network: str = "convnet-small"
    activation: str = "relu"
    width: Width | None = None
    depth: Depth | None = None
    epochs: Count = 3
    batch_size: Count = 256
    learning_rate: Positive = 1e-2
    schedule: str = "one-cycle"
    optimizer: str = "adam"
    betas: tuple[ShareBelowOne, ShareBelowOne] | None = None
    momentum: ShareBelowOne | None = None
    weight_decay: NotNegative | None = None
    dropout: ShareBelowOne | None = None
    width_multiplier: Positive = 1.0
    label_smoothing: ShareBelowOne = 0.0
    augmentation: str = "none"
    digit_normalisation: str = "none"
    flip: str = "auto"
    stroke_variants: Share = 0.0
    cut_digits: Share = 0.0
    outliers: Share = 0.0
    balance: bool = False
    ood_detector: str = "none"
    ood_detector_epochs: Count = 4
    distillation: Share = 0.0
    distillation_temperature: Positive = 2.0
    plain_epochs: CountOrNone = 0
    time_budget: Seconds | None = None
    patience: Count | None = None
    weight_averaging: ShareBelowOne | None = None
    minimum_steps: CountOrNone = 0
    validation_data: str = "split"
    validation_split: Count | SplitShare = 0.1
    validation_seed: Seed | None = None
    tta: str = "none"
    seed: Seed = 0
    backend: str = "auto"
    precision: str = "auto"
    things: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            check_choice(name, getattr(self, name), known)
        for name in self.things:
            check_choice("recipe field of things", name, [one.name for one in fields(type(self))])
        if self.ood_detector != "none" and not self.outliers:
            raise OptionError(
                f"the OOD detector {self.ood_detector!r} has no outliers to learn from: give outliers above "
                "0, or ood_detector 'none'"
            )
        if self.betas is not None and not self.optimizer.endswith(("adam", "adamw")):
            raise OptionError(
                f"betas {self.betas} do not go with optimizer {self.optimizer!r}: "
                "expected adam, adamw or nadam, or no betas"
            )
        if self.momentum is not None and self.optimizer not in MOMENTUM:
            raise OptionError(
                f"momentum {self.momentum} does not go with optimizer {self.optimizer!r}: "
                f"expected one of {', '.join(MOMENTUM)}, or no momentum"
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
        check_choice("preset", name, PRESETS)
        return cls.from_dict({**PRESETS[name], "preset": name}).with_options(**options)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A recipe from its fields by name, as `to_dict` gives them.

        Raises:
            OptionError: no such field, or a value out of range.
        """
        # JSON has no tuples.
        fitted: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**fitted)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for recipe.json."""
        values = asdict(self)
        if not values["things"]:
            del values["things"]
        return values

    def with_options(self, **options: Any) -> Self:
        """The same recipe with some fields changed, whatever the kind of the data.

        Whoever names the epochs gets just these, however few steps they make and however long they take.
        Another optimiser has Keras's own betas and momentum, unless they are given with it.

        Raises:
            OptionError: no such field, or a value out of range.
        """
        given = {*options, *(_OF_OPTIMIZER if "optimizer" in options else ())}
        things = {name: value for name, value in self.things.items() if name not in given}
        another = options.get("optimizer", self.optimizer) != self.optimizer
        own = {"betas": None, "momentum": None} if another else {}
        changed = self.from_dict({**asdict(self), "things": things, **own, **options})
        if "epochs" not in options:
            return changed
        # Of a training that is shorter than the end of this one, nothing would be augmented.
        plain = min(self.plain_epochs, self.plain_epochs * changed.epochs // self.epochs)
        fewer: dict[str, Any] = {"minimum_steps": 0, "time_budget": None, "plain_epochs": plain}
        return replace(changed, **{name: fewer[name] for name in fewer if name not in options})

    def for_kind(self, kind: str) -> Self:
        """The recipe for data of a kind, "writing" or "things": every field has its value, `things` is empty.

        Raises:
            OptionError: writing is to be mirrored.
        """
        if kind == "writing":
            check_tta(self.tta)
            if self.flip == "on":
                raise OptionError(
                    "flip 'on' mirrors the images, and mirrored writing is other writing: give auto or off, "
                    "or data of --kind things"
                )
        return replace(self, **(self.things if kind == "things" else {}), things={})

    @property
    def split_seed(self) -> int:
        """What decides which images are held out."""
        return self.seed if self.validation_seed is None else self.validation_seed


def check_without_teacher(recipe: Recipe, networks: str) -> None:
    """Raises OptionError where a recipe needs a teacher.

    Args:
        networks: which are trained without one, for the message.
    """
    if recipe.distillation:
        raise OptionError(
            f"the recipe {recipe.preset!r} learns from a teacher, and {networks} have none: give another "
            "preset, or distillation 0"
        )
