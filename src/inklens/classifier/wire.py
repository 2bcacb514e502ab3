"""Reads protobuf messages by a table of the fields that are allowed, and stops at anything else.

The `onnx` package would cost 100 ms and 12 MB at each start, and has no limits. This takes 1 ms for a model
of ours, copies no weights, and is stricter: what protobuf would skip, merge or overwrite is refused, so that
nothing reaches onnxruntime that was not looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inklens.errors import ModelError

MAX_FIELDS = 200_000

_VARINT, _BYTES, _FIXED32 = 0, 2, 5
_WIRE_TYPES = {"int": _VARINT, "float": _FIXED32}


@dataclass(frozen=True)
class Field:
    """One field of a message: a number, a text, bytes, a message, or something that is refused by name."""

    name: str
    kind: Literal["int", "float", "text", "bytes", "message", "refused"]
    message: Message | None = None
    repeated: bool = False


@dataclass(frozen=True)
class Message:
    """A message's name and its fields by their numbers."""

    name: str
    fields: Mapping[int, Field]


@dataclass
class Budget:
    """How many fields may still be read in one file: what bounds time and memory."""

    fields: int = MAX_FIELDS


def parse(content: memoryview, message: Message, budget: Budget) -> dict[str, Any]:
    """The fields that are there, by name: int, str, memoryview or dict, in a list where repeated.

    Floats are counted (as None) and not read. Repeated fields that are absent give an empty list.

    Raises:
        ModelError: cut short, no such message, or a field that is refused.
    """
    values: dict[str, Any] = {entry.name: [] for entry in message.fields.values() if entry.repeated}
    position = 0
    while position < len(content):
        tag, position = _varint(content, position)
        budget.fields -= 1
        if budget.fields < 0:
            raise ModelError(f"it has more than {MAX_FIELDS:,} parts; a model of ours has far fewer")
        entry = message.fields.get(tag >> 3)
        if entry is None or tag >= 2**32:
            raise ModelError(
                f"it is no ONNX file of ours (field {tag >> 3} of {message.name}); expected the model.onnx "
                "of a run: `inklens export RUN` writes one"
            )
        if entry.kind == "refused":
            raise ModelError(f"it has {entry.name}, which is refused: export the model with `inklens export`")
        if tag & 7 != _WIRE_TYPES.get(entry.kind, _BYTES):
            raise ModelError(f"it is damaged ({entry.name} of {message.name} is of another type)")
        value, position = _value(content, position, entry, budget)
        if entry.repeated:
            values[entry.name].append(value)
        elif entry.name in values:
            raise ModelError(f"it is damaged ({entry.name} of {message.name} is there twice)")
        else:
            values[entry.name] = value
    return values


def varints(content: memoryview) -> list[int]:
    """The whole numbers that are packed in a piece, up to 64 bits and signed.

    Raises:
        ModelError: cut short, or a number of more than 64 bits.
    """
    numbers, position = [], 0
    while position < len(content):
        number, position = _varint(content, position)
        numbers.append(_signed(number))
    return numbers


def _value(content: memoryview, start: int, entry: Field, budget: Budget) -> tuple[Any, int]:
    if entry.kind == "int":
        number, end = _varint(content, start)
        return _signed(number), end
    length, start = (4, start) if entry.kind == "float" else _varint(content, start)
    end = start + length
    if end > len(content):
        raise ModelError(f"it is cut short ({entry.name} wants {end - len(content):,} bytes more)")
    part = content[start:end]
    if entry.message is not None:
        return parse(part, entry.message, budget), end
    if entry.kind == "text":
        try:
            return str(part, "utf-8"), end
        except UnicodeDecodeError as error:
            raise ModelError(f"it is damaged ({entry.name} is no UTF-8)") from error
    return (part if entry.kind == "bytes" else None), end


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


def _varint(content: memoryview, position: int) -> tuple[int, int]:
    """A number of seven bits per byte, least first, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if position >= len(content):
            raise ModelError("it is cut short (a number has no end)")
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & (2**64 - 1), position
    raise ModelError("it is damaged (a number of more than 64 bits)")
