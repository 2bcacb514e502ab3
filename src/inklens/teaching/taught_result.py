"""What a training on corrections came to: the images held out of it, as they were answered then and now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inklens.classifier import Classifier, Predictions
from inklens.errors import InklensError
from inklens.pixels import decode, frame
from inklens.teaching.correction_store import Example


def compare_models(held_out: Sequence[Example], before: Path | None, after: Path) -> dict[str, Any]:
    """How two models answer images of known classes.

    Args:
        held_out: the images, of which `after` learnt nothing.
        before: a run or model.onnx; None, or one that cannot be opened, is left out.
        after: the new run.

    Returns:
        "held_out": their count; "before" and "after": how many each has right; "class_names"; "confusion" of
        each, rows being actual classes; "images": id, actual class, and both answers; "test": the accuracy of
        each on the test images of the data that both learnt from, or None.
    """
    new = Classifier.open(after)
    names = list(new.class_names)
    try:
        old = None if before is None else Classifier.open(before)
    except InklensError:
        old = None
    answers = {"before": _answers(old, held_out), "after": _answers(new, held_out)}
    actual = [example.label for example in held_out]
    return {
        "held_out": len(held_out),
        **{
            when: said
            and {"right": sum(each["label"] == one for each, one in zip(said, actual, strict=True))}
            for when, said in answers.items()
        },
        "class_names": names,
        "confusion": {when: said and _confusion(actual, said, names) for when, said in answers.items()},
        "images": [
            {
                "id": example.id,
                "actual": example.label,
                **{when: said and said[index] for when, said in answers.items()},
            }
            for index, example in enumerate(held_out)
        ],
        "test": _test_accuracies(before, after),
    }


def _answers(model: Classifier | None, examples: Sequence[Example]) -> list[dict[str, Any]] | None:
    if model is None or not examples:
        return None
    framed = np.stack([frame(decode(example.image), model.spec) for example in examples])
    predictions: Predictions = model.predict_framed(framed)
    best = predictions.probabilities.argmax(axis=1)
    return [
        {
            "label": model.class_names[index],
            "probability": round(float(predictions.probabilities[row, index]), 7),
            "status": str(predictions.status[row]),
        }
        for row, index in enumerate(best)
    ]


def _confusion(actual: Sequence[str], said: Sequence[dict[str, Any]], names: list[str]) -> list[list[int]]:
    counts = np.zeros((len(names), len(names)), int)
    for one, answer in zip(actual, said, strict=True):
        if one in names and answer["label"] in names:
            counts[names.index(one), names.index(answer["label"])] += 1
    return counts.tolist()


def _test_accuracies(before: Path | None, after: Path) -> dict[str, float] | None:
    """Of two runs on the same data; None where one of them has no test images, or other ones."""
    found = []
    for run in (before, after):
        if run is None:
            return None
        folder = run.parent if run.name == "model.onnx" else run
        try:
            data = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))["data"]
            test = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["test"]
            found.append((data["name"], test["n"], test["accuracy"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
    if found[0][:2] != found[1][:2]:
        return None
    return {"before": found[0][2], "after": found[1][2]}
