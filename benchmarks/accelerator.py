"""Time and accuracy of the presets on whatever accelerator there is, JAX and PyTorch in turn.

    pip install '.[train,jax-gpu,torch]'
    python benchmarks/accelerator.py
    python benchmarks/accelerator.py --data sample --presets fast --options '{"epochs": 1}' --dry
    python benchmarks/accelerator.py --data cifar10.zip --presets accurate --backends jax --seeds 3 \
        --name accelerator-cifar10

Each training is a process of its own. "training" is in seconds, "whole" with calibration and scoring.
"compile" is what compiling took of the whole: on JAX what it says of tracing and compiling; on PyTorch, the
first execution less the median of those that follow, the networks of a committee together. "without_compile"
is what is left of the whole, "training_without_compile" of the training, which ends with the last execution.
Nothing starts that may end after --limit seconds, and each training is in the result as soon as it is done.
model.onnx is written by TensorFlow: where that is not installed, the runs have none, and the result says so.
"""

import importlib
import importlib.util
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import inklens
import record
from inklens.recipes import COMMITTEES, PRESETS

BACKENDS = ("jax", "torch")
TIMED = ("fast", "accurate", "committee")


def device(backend: str) -> str:
    """What the backend computes on, in its own words."""
    if backend == "jax":
        import jax

        return ", ".join(sorted({each.device_kind for each in jax.devices()}))
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"


def writes_model_files() -> bool:
    """Whether the runs get their model.onnx; without TensorFlow they are trained and scored all the same."""
    if importlib.util.find_spec("tensorflow") is not None:
        return True
    for module, function in (("prepare", "require"), ("finalize", "write_onnx")):
        setattr(importlib.import_module(f"inklens.training.{module}"), function, lambda *given: None)
    return False


class CompileWatch:
    """Sums what compiling takes; without JAX, what first executions take longer than those that follow."""

    def __init__(self, backend: str) -> None:
        self._executions: dict[str | None, list[float]] = {}
        self._last = time.perf_counter()
        self._compilations: list[tuple[float, float]] | None = None  # when each began and ended
        if backend == "jax":
            import jax

            self._compilations = []
            jax.monitoring.register_event_duration_secs_listener(self._add)

    def _add(self, event: str, seconds: float, **about: Any) -> None:
        if event.startswith("/jax/core/compile/") and self._compilations is not None:
            now = time.perf_counter()
            self._compilations.append((now - seconds, now))

    def __call__(self, now: inklens.EpochProgress) -> None:
        tick = time.perf_counter()
        if not now.finished and now.epoch == 1:
            self._executions.setdefault(now.member, []).append(tick - self._last)
        self._last = tick

    def seconds(self, training: float = math.inf) -> float:
        """Zero for a network of which one execution was seen: what compiling took cannot be told.

        Args:
            training: only what fell into so many seconds before the last execution ended.
        """
        if self._compilations is not None:
            total, last = 0.0, self._last - training
            for start, end in sorted(self._compilations):  # one may be a part of another
                end = end if training == math.inf else min(end, self._last)
                total += max(0.0, end - max(start, last))
                last = max(last, end)
            return total
        compiling = 0.0
        for first, *others in self._executions.values():
            if others:  # what came before the training is in the first, too
                compiling += max(0.0, min(first, training - sum(others)) - statistics.median(others))
        return compiling


def trained(given: dict[str, Any]) -> dict[str, Any]:
    """One training in this process, which must not have imported Keras."""
    from inklens.recipes import Recipe, recipe_for

    backend, preset = given["backend"], given["preset"]
    with_model_file = writes_model_files()
    data = record.load(given["data"])
    recipe = recipe_for(preset, seed=given["seed"], backend=backend, **given["options"])
    teacher = given["teacher"] if isinstance(recipe, Recipe) and recipe.distillation else None
    watch = CompileWatch(backend)
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        output = given["runs"] or scratch
        run = inklens.train(data, recipe, output=output, report=False, progress=watch, teacher=teacher)
        whole = time.perf_counter() - began
        metrics = run.metrics
    seconds = metrics["training"]["seconds"]
    in_training = watch.seconds(seconds)
    compiling = watch.seconds() if backend == "jax" else in_training
    return {
        "device": device(backend),
        "training": round(seconds, 2),
        "training_without_compile": round(seconds - in_training, 2),
        "whole": round(whole, 2),
        "compile": round(compiling, 2),
        "without_compile": round(whole - compiling, 2),
        "accuracy": metrics["test"]["accuracy"],
        "loss": metrics["test"]["loss"],
        "model_file": with_model_file,
    }


def in_process(training: dict[str, Any], limit: float) -> dict[str, Any]:
    """The same in a child; what went wrong instead, in one line, where it fails or takes longer."""
    command = [sys.executable, __file__, "--child", json.dumps(training)]
    environment = {**os.environ, "KERAS_BACKEND": training["backend"]}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=environment)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done within the {limit:.0f} s that were left"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(trained(json.loads(sys.argv[2]))))
        return
    parser = record.parser(__doc__)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--presets", nargs="+", choices=(*PRESETS, *COMMITTEES), default=list(TIMED))
    parser.add_argument("--options", type=json.loads, default={}, help="fields of the recipe, as JSON")
    parser.add_argument("--teacher", help="the run that teaches distilled; the other presets have none")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--limit", type=float, default=350, help="seconds for all of it")
    parser.add_argument("--runs", help="where the runs stay; without it they are deleted")
    parser.add_argument("--name", default="accelerator", help="of the result")
    given = parser.parse_args()
    ends = time.monotonic() + given.limit
    figures: dict[str, Any] = {"data": given.data, "options": given.options, "trainings": []}
    everything = itertools.product(given.presets, given.backends, range(given.seeds))
    for preset, backend, seed in everything:
        training = {"preset": preset, "backend": backend, "seed": seed}
        left = ends - time.monotonic()
        if left > 1:
            where = {"data": given.data, "teacher": given.teacher, "runs": given.runs}
            found = in_process({**training, **where, "options": given.options}, left)
        else:
            found = {"failed": "no time left"}
        figures["trainings"].append({**training, **found})
        print(figures["trainings"][-1], flush=True)
        record.write(given.name, figures, dry=given.dry)


if __name__ == "__main__":
    main()
