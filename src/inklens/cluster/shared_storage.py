"""What all nodes of a cluster can reach by the same path: asked of each of them, never supposed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from inklens.cluster.connection import on_every_node
from inklens.datasets import Dataset, load
from inklens.errors import InklensError
from inklens.training.parts import DataParts


def is_shared(folder: Path) -> bool:
    """Whether every node can read and write in a folder that this process can write in."""
    word = os.urandom(16).hex()
    asked = folder / f".partial-{word[:8]}-shared"
    asked.write_text(word, encoding="ascii")
    try:
        answers = on_every_node(_answer, str(asked), word)
        given = all((folder / answer).is_file() for answer in answers.values() if answer)
        return bool(answers) and all(answers.values()) and given
    finally:
        for left in folder.glob(f"{asked.name}*"):
            left.unlink(missing_ok=True)


def _answer(path: str, word: str) -> str | None:
    """The name of a file that is written beside `path` if it holds the word; else None."""
    asked = Path(path)
    try:
        if asked.read_text(encoding="ascii") != word:
            return None
        answer = asked.with_name(f"{asked.name}-{os.urandom(4).hex()}")
        answer.write_text(word, encoding="ascii")
    except OSError:
        return None
    return answer.name


def can_load(options: dict[str, Any], fingerprint: str) -> bool:
    """Whether these options load, on every node, the data of this fingerprint."""
    return all(on_every_node(_loads, options, fingerprint).values())


def _loads(options: dict[str, Any], fingerprint: str) -> bool:
    try:
        return load(**options).fingerprint == fingerprint
    except InklensError:
        return False


def travelling(parts: DataParts) -> tuple[Any, str]:
    """How data come to the nodes, and that in words: the options to load them with where all nodes reach
    them, else a reference into the object store, where they are put once."""
    import ray

    from inklens.recipes.recipe_file import load_options
    from inklens.training.provenance import describe_data

    if parts.data.path is not None:
        options = load_options(describe_data(parts))
        if can_load(options, parts.data.fingerprint):
            return options, f"read by every node from {parts.data.path}"
    size = sum(split.images.nbytes for split in {id(s.images): s for s in parts.data.parts.values()}.values())
    return ray.put(parts.data), f"sent to the nodes once, {size / 1e6:,.1f} MB"


def arrived(data: Dataset | dict[str, Any]) -> Dataset:
    """The data on a node, as `travelling` sent them."""
    return load(**data) if isinstance(data, dict) else data
