"""How much of the machine's arithmetic a training uses: its rate against the best matrix product.

    python benchmarks/limit.py --preset fast
    python benchmarks/limit.py --preset accurate --images 6000

A training step counts as three forward passes, 2 operations for each multiply-add of a convolution or dense
layer, less the gradient that the first layer's input does not need; augmentation, pooling and normalisation
take time and count for nothing. Training and matrix products take turns in one process, in the precision
that the preset trains in; the matrix product's other precision is measured too. The products are square and
as tall as a convolution's.
"""

import argparse
import json
import statistics
import time
from types import SimpleNamespace

import numpy as np

import inklens
import record
from inklens.training import select_backend
from inklens.training.backends import resolve_precision

SHAPES = [(n, n, n) for n in (256, 512, 1024, 2048, 4096)] + [(65536, 576, 64), (65536, 1152, 128)]
TYPES = {"float32": "float32", "mixed_bfloat16": "bfloat16"}


def matrix_rate(shape: tuple[int, int, int], dtype: str, seconds: float) -> float:
    """Operations per second of a product (m, k) by (k, n), over so many seconds."""
    import tensorflow as tf

    m, k, n = shape
    left, right = (tf.cast(tf.random.normal(size), dtype) for size in ((m, k), (k, n)))
    multiply = tf.function(lambda: tf.reduce_sum(tf.cast(tf.matmul(left, right), tf.float32)))
    multiply().numpy()
    began, times = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        multiply().numpy()
        times += 1
    return 2 * m * k * n * times / (time.perf_counter() - began)


def operations(network) -> int:
    """Of one image's training step."""
    import keras

    from inklens.networks.sequential import multiply_adds

    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    return 2 * (3 * multiply_adds(network) - multiply_adds(SimpleNamespace(layers=[first])))


def training_rate(recipe, data, images: int) -> tuple[float, float, int]:
    """Operations per second after the first epoch, milliseconds per step, operations per image."""
    from inklens.training.augmenting import make_augment
    from inklens.training.conductor import build_network
    from inklens.training.fitting import fit

    policy = resolve_precision(recipe.precision, "tensorflow")
    network = build_network(data, recipe, policy, training=True)
    train, few = data.train.take(np.arange(images)), data.train.take(np.arange(recipe.batch_size))
    history = fit(network, recipe, train, few, augment=make_augment(recipe, data.kind))
    step = statistics.median(epoch["ms_per_step"] for epoch in history[1:])
    each = operations(network)
    return each * recipe.batch_size / (step / 1000), step, each


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--images", type=int, default=12_800, help="in an epoch; the first is warm-up")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each matrix product")
    given = parser.parse_args()
    select_backend("tensorflow")
    data = inklens.load("mnist")
    recipe = inklens.Recipe.from_preset(given.preset, epochs=given.epochs)
    policy = resolve_precision(recipe.precision, "tensorflow")
    best = {dtype: {"rate": 0.0, "shape": ()} for dtype in TYPES.values()}
    steps = []
    for number in range(given.rounds):
        for dtype in best:
            for shape in SHAPES:
                rate = matrix_rate(shape, dtype, given.seconds)
                best[dtype] = max(best[dtype], {"rate": rate, "shape": shape}, key=lambda one: one["rate"])
        rate, step, each = training_rate(recipe, data, given.images)
        steps.append({"rate": rate, "ms_per_step": step})
        print(f"round {number + 1}: {rate / 1e9:.1f} GFLOP/s, {step:.2f} ms per step", flush=True)
    rate = statistics.median(one["rate"] for one in steps)
    figures = {
        "preset": given.preset,
        "network": recipe.network,
        "batch_size": recipe.batch_size,
        "precision": TYPES[policy],
        "operations_per_image": each,
        "gflops": rate / 1e9,
        "best_matrix_product_gflops": {dtype: best[dtype]["rate"] / 1e9 for dtype in best},
        "best_matrix_product_shape": {dtype: list(best[dtype]["shape"]) for dtype in best},
        "share_of_its_precision": rate / best[TYPES[policy]]["rate"],
        "share_of_float32": rate / best["float32"]["rate"],
        "rounds": steps,
    }
    print(json.dumps({name: value for name, value in figures.items() if name != "rounds"}, indent=2))
    record.write(f"limit-{given.preset}", figures)


if __name__ == "__main__":
    main()
