"""The process of one training: `python -m inklens.teaching.taught_training STORE ID`.

It does what `inklens corrections export` and `inklens train` do one after the other, and writes into the
store where it stands.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import Timeout

from inklens.errors import InklensError, OptionError
from inklens.teaching.correction_store import CorrectionStore
from inklens.teaching.corrections_folder import export_corrections
from inklens.teaching.training_process import TaughtTraining, TrainingProcesses

if TYPE_CHECKING:
    from inklens.datasets import Dataset
    from inklens.recipes import Recipe
    from inklens.training.progress import EpochProgress

_TELL_SECONDS = 0.3
# With fewer images to learn from, none can be spared: the held-out ones show how it goes.
_FEW = 2_000


class _Told:
    """Writes into the store where a training stands."""

    def __init__(self, store: CorrectionStore, training: TaughtTraining) -> None:
        self._store = store
        self.training = training
        self._said = 0.0
        self._ends = time.monotonic() + training.request["seconds"]

    def save(self, **changes: Any) -> None:
        """Writes the training down, changed."""
        self.training = replace(self.training, **changes)
        self._store.save_training(self.training.id, self.training.state, self.training.to_json())

    def progress(self, now: EpochProgress) -> None:
        """Hears of each step."""
        if now.member is not None:  # the OOD detector, at the end
            return
        if now.finished:
            names = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
            self.training.epochs.append({name: getattr(now, name) for name in names})
        elif time.monotonic() - self._said < _TELL_SECONDS:
            return
        self._said = time.monotonic()
        shown = ("epoch", "epochs", "step", "steps", "loss", "accuracy")
        left = max(0.0, self._ends - self._said)
        self.save(progress={**{name: getattr(now, name) for name in shown}, "seconds_left": round(left)})


def main(path: str, id: str) -> None:
    """Trains, and keeps in the store how it ends."""
    store = CorrectionStore(Path(path))
    content = next(content for known, _, content in store.trainings() if known == id)
    told = _Told(store, TaughtTraining.from_json(content))
    # A process that a server starts may ignore what Ctrl-C sends.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with TrainingProcesses(store).lock():
            told.save(state="running", pid=os.getpid())
            result = _train(store, told)
    except KeyboardInterrupt:
        ended = told.training.ended_as("stopped")
    except Timeout:
        ended = told.training.ended_as("failed", "another training runs already; wait for its end")
    except InklensError as error:
        ended = told.training.ended_as("failed", str(error))
    except Exception as error:
        _keep(store, told.training.ended_as("failed", f"{type(error).__name__}; the log says more"))
        raise
    else:
        ended = replace(told.training, result=result).ended_as("done")
    _keep(store, ended)


def _keep(store: CorrectionStore, training: TaughtTraining) -> None:
    store.save_training(training.id, training.state, training.to_json())


def _train(store: CorrectionStore, told: _Told) -> dict[str, Any]:
    from inklens.teaching.taught_result import compare_models
    from inklens.training import train

    request = told.training.request
    classes = {each.name for each in store.classes() if each.own or request["classes"] == "all"}
    examples = [each for each in store.examples()[1] if each.label in classes]
    # As they are now: what is moved or added meanwhile may be learnt from, or have been.
    held_out = {each.id: each.label for each in examples if each.held_out}
    for unseen in set(held_out.values()) - {each.label for each in examples if not each.held_out}:
        raise OptionError(f"all examples of {unseen} are held out; expected another one to learn from")
    name = f"{told.training.started[:19].replace(':', '-')}-{told.training.id[:6]}"
    folder = store.path.with_name(f"{store.path.stem}-trained") / name
    export_corrections(store, folder, classes)
    data = _data(folder, request)
    recipe = _recipe(data, request["seconds"])
    run = train(
        data, recipe, output=store.path.parent, name=_free_name(store.path.parent), progress=told.progress
    )
    told.save(run=str(run.path))
    known = (each for each in store.with_images() if each.id in held_out)
    compared = [replace(each, label=held_out[each.id]) for each in known]
    before = request.get("model")
    return compare_models(compared, None if before is None else Path(before), run.path)


def _data(folder: Path, request: dict[str, Any]) -> Dataset:
    from inklens.classifier import Classifier
    from inklens.datasets import load

    if request["with"] is not None:
        return load(request["with"], add=folder)
    options: dict[str, Any] = {"kind": "writing", "size": (28, 28), "channels": 1}
    if request.get("model") is not None:
        model = Classifier.open(request["model"])
        spec = model.spec
        options = {
            "kind": model.metadata.kind, "size": (spec.height, spec.width), "channels": spec.channels,
            "framing": spec.framing,
        }  # fmt: skip
    data = load(folder, **options)
    if data.classes < 2:
        raise OptionError("there is one class; expected at least two")
    return data


def _recipe(data: Dataset, seconds: float) -> Recipe:
    from inklens.recipes import Recipe

    recipe = Recipe.from_preset("fast", time_budget=seconds)
    if len(data.train) >= _FEW:
        return recipe
    return recipe.with_options(validation_data="test", batch_size=32)


def _free_name(folder: Path) -> str:
    number = 1
    while (folder / f"taught-{number}").exists():
        number += 1
    return f"taught-{number}"


if __name__ == "__main__":
    main(*sys.argv[1:])
