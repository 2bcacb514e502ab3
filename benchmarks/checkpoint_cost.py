"""What checkpoints cost: the share of a training's time that goes into taking the state and writing it.

    python benchmarks/checkpoint_cost.py
    python benchmarks/checkpoint_cost.py --presets fast accurate --epochs 2 --data mnist

Every call of the callback that writes them is timed, so that the figure does not depend on how much two
trainings on one machine differ anyway. The limit is 2%. `load_before` is the load of the machine in the
minute before: where it is more than a few tenths, other programs ran beside.
"""

import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

import inklens
import process
import record

LIMIT = 0.02
TIMED = ("write_within_epoch", "on_train_batch_end", "on_test_begin", "on_epoch_begin", "on_epoch_end")


def measured(preset: str, data: str, epochs: int, every: float) -> dict[str, Any]:
    """Seconds of the training, and those that its checkpoints took."""
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    from inklens.training.loop.checkpoints import Checkpoints
    from inklens.training.loop.state_keeper import StateKeeper

    spent, depth, sizes = 0.0, 0, []

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal spent, depth
            began, depth = time.perf_counter(), depth + 1
            try:
                return method(*arguments, **options)
            finally:
                depth -= 1
                spent += 0 if depth else time.perf_counter() - began

        return call

    def sized(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, state: Any) -> None:
            write(self, state)
            sizes.append(max(path.stat().st_size for path in self._folder.glob("epoch*")))

        return call

    for name in TIMED:
        setattr(StateKeeper, name, timed(getattr(StateKeeper, name)))
    Checkpoints.write = sized(Checkpoints.write)  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        recipe = inklens.Recipe.from_preset(preset, epochs=epochs)
        run = inklens.train(inklens.load(data), recipe, output=scratch, report=False, checkpoint_every=every)
        seconds = run.metrics["training"]["seconds"]
    return {
        "training_s": round(seconds, 2),
        "checkpoints_s": round(spent, 3),
        "share_percent": round(100 * spent / seconds, 2),
        "written": len(sizes),
        "megabytes": round(max(sizes) / 1e6, 2),
    }


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--presets", nargs="+", default=["fast", "tutorial-c", "tutorial-b"])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two within an epoch")
    given = parser.parse_args()
    found, load = {}, round(os.getloadavg()[0], 2)
    for preset in given.presets:
        found[preset] = process.in_child(measured, preset, given.data, given.epochs, given.every)
        print(f"{preset:<12} {found[preset]}", flush=True)
    worst = max(one["share_percent"] for one in found.values())
    figures = {"load_before": load, "limit_percent": 100 * LIMIT, "presets": found}
    record.write("checkpoint_cost", figures, dry=given.dry)
    if worst > 100 * LIMIT:
        raise SystemExit(f"{worst}% of the training's time is more than {100 * LIMIT:.0f}%")


if __name__ == "__main__":
    main()
