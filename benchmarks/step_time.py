"""Where the time of a training step goes: each layer against the best matrix product of its own shape.

    python benchmarks/step_time.py --preset fast --precision float32
    python benchmarks/step_time.py --preset tutorial-c --precision bfloat16 --seconds 20 --dry

A convolution of images (N, H, W, C) is the product of a matrix (N * h * w, rows * columns * C) and one of
(rows * columns * C, filters); its two gradients are products of the same three matrices. Those are timed
beside the layer, in the same precision. Everything takes turns until the seconds are over. "ms" is wall time,
"cpu_ms" the processor time of all threads, which other work on the machine changes least; both are medians.
Each part is timed alone, with the call from Python, which "nothing" has too; in the step they share caches
and cores, and some are fused.
"""

import itertools
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import inklens
import record
from inklens.networks.backends import select_backend

FEWEST_ROUNDS = 3

Call = Callable[..., Any]


def layer_calls(step, batch: int, *, first: bool) -> dict[str, tuple[Call, float]]:
    """What a training does with a layer, by name: the call, and its operations (0 for none that count)."""
    import keras
    import tensorflow as tf

    layer = step.layer
    dtype = layer.compute_dtype
    inputs = tf.cast(tf.random.uniform((batch, *step.inputs[0].shape[1:])), dtype)
    outputs = tf.cast(tf.random.normal((batch, *step.output.shape[1:])), dtype)
    if not isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
        both = tf.function(lambda x, dy: _with_gradient(layer, x, dy))
        return {"forward and gradient": (lambda: both(inputs, outputs), 0)}
    kernel = tf.cast(layer.kernel.value, dtype)
    m, k, n = math.prod(outputs.shape[:-1]), math.prod(kernel.shape[:-1]), kernel.shape[-1]
    left, right, product = (tf.cast(tf.random.normal(size), dtype) for size in ((m, k), (k, n), (m, n)))
    forward, to_input, to_kernel = map(tf.function, _parts(layer, inputs.shape))
    multiply, by_right, by_left = map(tf.function, _products())
    calls = {
        "forward": lambda: forward(inputs, kernel),
        "product of forward": lambda: multiply(left, right),
        "gradient to input": lambda: to_input(outputs, kernel),
        "product of gradient to input": lambda: by_right(product, right),
        "gradient to kernel": lambda: to_kernel(inputs, outputs),
        "product of gradient to kernel": lambda: by_left(left, product),
    }
    return {
        name: (call, 2.0 * m * k * n)
        for name, call in calls.items()
        if not (first and name.endswith("gradient to input"))
    }


def _parts(layer, shape) -> tuple[Call, Call, Call]:
    """A layer's forward pass from inputs and kernel, and its gradients to the inputs and to the kernel."""
    import keras
    import tensorflow as tf

    if isinstance(layer, keras.layers.Dense):
        multiply, by_right, by_left = _products()
        return multiply, by_right, by_left
    how = {"strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}

    def to_input(dy, kernel):
        return tf.raw_ops.Conv2DBackpropInput(input_sizes=shape, filter=kernel, out_backprop=dy, **how)

    def to_kernel(x, dy):
        """Not Keras's where `QuickConv2D` has its own."""
        kernel = tf.zeros(layer.kernel.shape, x.dtype)
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            y = layer.convolution_op(x, kernel)
        return tape.gradient(y, kernel, dy)

    return lambda x, kernel: tf.nn.conv2d(x, kernel, **how), to_input, to_kernel


def _products() -> tuple[Call, Call, Call]:
    import tensorflow as tf

    return (
        lambda a, b: tf.matmul(a, b),
        lambda a, b: tf.matmul(a, b, transpose_b=True),
        lambda a, b: tf.matmul(a, b, transpose_a=True),
    )


def _with_gradient(layer, x, dy):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    return tape.gradient(y, [x, *(weight.value for weight in layer.trainable_weights)], dy)


def step_calls(prepared, data: inklens.Dataset) -> dict[str, Call]:
    """The whole step, and what belongs to no layer of the network."""
    import tensorflow as tf

    from inklens.networks.augmentation import augmentation_layer
    from inklens.networks.graph import logits_network
    from inklens.training.loop.batches import Batches
    from inklens.training.loop.fit import _compile

    recipe = prepared.recipe
    augment = augmentation_layer(recipe.augmentation, recipe.seed)
    trained = logits_network(prepared.network, [augment] if augment else [])
    _compile(trained, recipe, data.classes, 10_000, 1, 1)
    batches = Batches(data.train, data.classes, recipe.batch_size, recipe.seed)
    images, targets = map(tf.constant, batches[0])
    whole = tf.function(lambda x, y: trained.train_step((x, y)))
    loss = tf.function(lambda y, logits: _loss_gradient(trained, y, logits))
    update = tf.function(lambda *gradients: trained.optimizer.apply(gradients))
    logits = tf.random.normal(targets.shape)
    gradients = [tf.random.normal(weight.shape) * 1e-3 for weight in trained.trainable_variables]
    index, nothing = itertools.count(), tf.function(lambda x: x + 1)
    calls: dict[str, Call] = {
        "whole step": lambda: whole(images, targets),
        "loss": lambda: loss(targets, logits),
        "optimiser": lambda: update(*gradients),
        "feed": lambda: [tf.constant(part) for part in batches[next(index) % batches.steps]],
        "nothing": lambda: nothing(logits),
    }
    if augment:
        changed = tf.function(lambda x: augment(x, training=True))
        calls["augmentation"] = lambda: changed(images)
    return calls


def _loss_gradient(trained, targets, logits):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = trained.compute_loss(y=targets, y_pred=logits)
    return tape.gradient(loss, logits)


def in_turn(calls: dict[Any, Call], seconds: float) -> dict[Any, dict[str, float]]:
    """Medians of each call's milliseconds, wall and processor, over as many rounds as there is time for."""
    for call in calls.values():
        call()
        call()
    taken: dict[Any, list[tuple[float, float]]] = {name: [] for name in calls}
    end, rounds = time.perf_counter() + seconds, 0
    while rounds < FEWEST_ROUNDS or time.perf_counter() < end:
        for name, call in calls.items():
            cpu, wall = time.process_time(), time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
        rounds += 1
    return {
        name: {
            "ms": 1000 * statistics.median(wall for wall, _ in each),
            "cpu_ms": 1000 * statistics.median(cpu for _, cpu in each),
            "times": rounds,
        }
        for name, each in taken.items()
    }


def layers_table(walked, calls, found) -> list[dict]:
    """One row for each part of each layer: milliseconds, and GFLOP/s beside those of its product."""
    rows = []
    for (number, what), figures in found.items():
        if what.startswith("product"):
            continue
        step = walked[number]
        row: dict[str, Any] = {"layer": step.layer.name, "output": list(step.output.shape[1:]), "part": what}
        row |= figures
        if operations := calls[number, what][1]:
            product = found[number, f"product of {what}"]
            row |= {
                "product_ms": product["ms"],
                "product_cpu_ms": product["cpu_ms"],
                "gflops": operations / figures["ms"] / 1e6,
                "product_gflops": operations / product["ms"] / 1e6,
                "share_of_product": product["cpu_ms"] / figures["cpu_ms"],
            }
        rows.append(row)
    return rows


def show(rows: list[dict], step: dict[str, dict]) -> None:
    """Prints what the file says."""
    for row in rows:
        line = f"{row['layer']:28} {row['part']:20} {row['ms']:8.2f} ms {row['cpu_ms']:8.2f} ms CPU"
        if "gflops" in row:
            line += f" {row['gflops']:6.1f} of {row['product_gflops']:6.1f} GFLOP/s"
        print(line)
    for name, part in step.items():
        print(f"{name:49} {part['ms']:8.2f} ms {part['cpu_ms']:8.2f} ms CPU {part['share']:6.1%}")


def measure(preset: str, precision: str, seconds: float, name: str = "mnist") -> dict[str, Any]:
    """All figures of a preset in a precision, on data of a name."""
    select_backend("tensorflow")
    from inklens.networks.graph import layer_multiply_adds, steps
    from inklens.training.loop.heap import keep_freed_memory
    from inklens.training.prepare import PreparedNetwork

    keep_freed_memory()
    data = inklens.load(name)
    recipe = inklens.Recipe.from_preset(preset, precision=precision, backend="tensorflow")
    prepared = PreparedNetwork.of(data, recipe, data.train.take(np.arange(min(1000, len(data.train)))))
    walked = steps(prepared.network)[:-1]  # training leaves the softmax to the loss
    first = next(number for number, step in enumerate(walked) if layer_multiply_adds(step))
    calls = {
        (number, what): call
        for number, step in enumerate(walked)
        if number >= first
        for what, call in layer_calls(step, recipe.batch_size, first=number == first).items()
    }
    others = step_calls(prepared, data)
    found = in_turn({name: call for name, (call, _) in calls.items()} | others, seconds)
    rows = layers_table(walked, calls, {name: found[name] for name in calls})
    step = {name: dict(found[name]) for name in others}
    for part in step.values():
        part["share"] = part["cpu_ms"] / found["whole step"]["cpu_ms"]
    show(rows, step)
    return {
        "preset": preset,
        "network": recipe.network,
        "batch_size": recipe.batch_size,
        "precision": prepared.policy,
        "layers": rows,
        "step": step,
    }


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--preset", choices=("fast", "accurate", "tutorial-c", "tutorial-a"), default="fast")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--seconds", type=float, default=40.0)
    given = parser.parse_args()
    figures = measure(given.preset, given.precision, given.seconds)
    record.write(f"step_time-{given.preset}-{given.precision}", figures, dry=given.dry)


if __name__ == "__main__":
    main()
