"""What a model file must know besides its network, kept as JSON inside the file and never trusted on reading.

Dataclasses and checks by hand: importing pydantic would take a third of the time of a whole prediction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NoReturn

from inklens.errors import InklensError, ModelError
from inklens.evaluation.thresholds import Thresholds
from inklens.pixels.spec import PixelSpec

METADATA_KEY = "inklens"
FORMAT = 3
KINDS = ("writing", "things")
MAX_METADATA_BYTES = 4_000_000
MAX_CLASSES = 10_000
MAX_NAME_LENGTH = 256
MAX_SIDE = 4096

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class ModelMetadata:
    """What model.onnx says about itself.

    Args:
        class_names: one for each column of the probabilities; unlike, not empty, one line each.
        kind: "writing" or "things".
        pixels: what an image is brought to before the network sees it.
        inklens: the version that wrote the file.
        temperature: what the logits are divided by inside the graph, above 0; here for the reader only.
        thresholds: when a prediction becomes "unknown".
        ood_detector: whether the in-distribution score holds the log-odds of an OOD detector.
        recipe: how the network was trained, as `Recipe.to_dict` gives it.
        data: what it was trained on: "name" and "fingerprint".

    Raises:
        ModelError: a value of another type or out of range.
    """

    class_names: tuple[str, ...]
    kind: str
    pixels: PixelSpec
    inklens: str
    temperature: float = 1.0
    thresholds: Thresholds = field(default_factory=Thresholds)
    ood_detector: bool = False
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_class_names(self.class_names)
        _check("kind", self.kind, KINDS.__contains__, " or ".join(KINDS))
        _check("pixels", self.pixels, lambda value: isinstance(value, PixelSpec), "a PixelSpec")
        side = max(self.pixels.shape)
        _check("the longer side of pixels", side, lambda value: value <= MAX_SIDE, f"at most {MAX_SIDE:,}")
        _check("inklens", self.inklens, _is_name, "a version")
        positive = "a number above 0"
        _check("temperature", self.temperature, lambda value: _number(value) and value > 0, positive)
        _check_thresholds(self.thresholds)
        _check("ood_detector", self.ood_detector, lambda value: isinstance(value, bool), "true or false")
        _check("recipe", self.recipe, lambda value: isinstance(value, Mapping), "an object")
        _check("data", self.data, _is_mapping_of_text, "an object of text")

    def to_json(self) -> str:
        """ASCII JSON on one line, for the key `METADATA_KEY` of the file's metadata.

        Raises:
            ModelError: the recipe holds what JSON cannot.
        """
        content = {"format": FORMAT, **asdict(self)}
        try:
            return json.dumps(content, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"metadata that JSON cannot hold ({error}); expected text and finite numbers"
            ) from error

    @classmethod
    def from_json(cls, text: str) -> ModelMetadata:
        """The opposite of `to_json`; every value is checked.

        Raises:
            ModelError: no JSON, another format, a field that is missing, unknown or out of range.
        """
        values = _parse(text)
        version = values.pop("format", None)
        if version != FORMAT or isinstance(version, bool):
            raise ModelError(
                f"metadata of format {quoted(version)}; expected {FORMAT}: "
                "use the version of Inklens that wrote it, or train the model again"
            )
        _check_keys("metadata", values, cls)
        names, pixels, thresholds = (values.pop(name) for name in ("class_names", "pixels", "thresholds"))
        _check("class_names", names, lambda value: isinstance(value, list), "a list")
        for name, value in (("pixels", pixels), ("thresholds", thresholds)):
            _check(name, value, lambda value: isinstance(value, dict), "an object")
        _check_keys("thresholds", thresholds, Thresholds)
        try:
            spec = PixelSpec.from_dict(pixels)
        except InklensError as error:
            raise ModelError(f"metadata with wrong pixels: {error}") from error
        return cls(class_names=tuple(names), pixels=spec, thresholds=Thresholds(**thresholds), **values)


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_METADATA_BYTES:
        raise ModelError(f"metadata of {len(text):,} bytes; expected at most {MAX_METADATA_BYTES:,}")
    try:
        values = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"metadata that is no JSON ({type(error).__name__}): export it again") from error
    if not isinstance(values, dict):
        raise ModelError(f"metadata that is a JSON {type(values).__name__}; expected an object")
    return values


def refuse_constant(name: str) -> NoReturn:
    """Refuses NaN and Infinity, which Python's JSON knows and JSON does not."""
    raise ValueError(f"{name} is no JSON")


def _check_keys(what: str, values: Mapping[str, object], of: type) -> None:
    expected = {entry.name for entry in fields(of)}
    for problem, names in (("lacks", expected - values.keys()), ("knows no", values.keys() - expected)):
        if names:
            raise ModelError(f"{what} {problem} {quoted(min(names))}; expected {', '.join(sorted(expected))}")


def _check_class_names(names: object) -> None:
    if not isinstance(names, tuple):
        raise ModelError(f"class_names is {quoted(names)}; expected a tuple of names")
    if not 1 <= len(names) <= MAX_CLASSES:
        raise ModelError(f"class_names has {len(names):,} names; expected 1 to {MAX_CLASSES:,}")
    for name in names:
        _check("a class name", name, _is_name, f"one line of 1 to {MAX_NAME_LENGTH} characters")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelError(f"class_names has {quoted(twice)} more than once; expected unlike names")


def _check_thresholds(thresholds: object) -> None:
    _check("thresholds", thresholds, lambda value: isinstance(value, Thresholds), "Thresholds")
    for name, value in vars(thresholds).items():
        fits, expected = (_number, "a number") if name == "id_score" else (_share, "a number 0 to 1")
        _check(f"thresholds.{name}", value, _or_none(fits), f"{expected} or null")


def _check(name: str, value: object, fits: Callable[[Any], bool], expected: str) -> None:
    if not fits(value):
        raise ModelError(f"{name} is {quoted(value)}; expected {expected}")


def quoted(value: object) -> str:
    """What a hostile file may have given, on less than a line and without what would steer a terminal."""
    if not isinstance(value, str | int | float | None):
        return f"a {type(value).__name__}"
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MAX_NAME_LENGTH and not _CONTROL.search(value)


def _is_mapping_of_text(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())


def _number(value: object) -> bool:
    """So bounded, it also fits the float32 that it is compared with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e30


def _share(value: object) -> bool:
    return _number(value) and 0 <= value <= 1  # type: ignore[operator]


def _or_none(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or fits(value)
