"""How much of the machine's arithmetic a training uses: its rate against the best matrix product.

    python benchmarks/limit.py --preset fast
    python benchmarks/limit.py --preset accurate --images 6000
    python benchmarks/limit.py --images 512 --epochs 2 --rounds 1 --seconds 0.1 --dry

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

import numpy as np

import inklens
import record
from inklens.networks.backends import resolve_precision, select_backend

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
    """Of one image's training step: the first convolution needs no gradient of its input."""
    from inklens.networks.graph import layer_multiply_adds, steps

    each = [count for step in steps(network) if (count := layer_multiply_adds(step))]
    return 2 * (3 * sum(each) - each[0])


def training_rate(recipe, data, images: int) -> tuple[float, float, int]:
    """Operations per second after the first epoch, milliseconds per step, operations per image."""
    from inklens.networks.augmentation import augmentation_layer
    from inklens.training.loop.fit import fit
    from inklens.training.prepare import PreparedNetwork

    network = PreparedNetwork.of(data, recipe).network
    train, few = data.train.take(np.arange(images)), data.train.take(np.arange(recipe.batch_size))
    history = fit(network, recipe, train, few, augment=augmentation_layer(recipe.augmentation, recipe.seed))
    step = statistics.median(epoch["ms_per_step"] for epoch in history[1:])
    each = operations(network)
    return each * recipe.batch_size / (step / 1000), step, each


def matrix_rates(seconds: float) -> dict[str, dict]:
    """The best product of each precision: operations per second, and its shape (m, k, n)."""
    best: dict[str, dict] = {}
    for dtype in TYPES.values():
        rates = {shape: matrix_rate(shape, dtype, seconds) for shape in SHAPES}
        shape = max(rates, key=lambda one: rates[one])
        best[dtype] = {"rate": rates[shape], "shape": list(shape)}
    return best


def measured(recipe: inklens.Recipe, data: inklens.Dataset, given: argparse.Namespace) -> dict:
    """A round."""
    best = matrix_rates(given.seconds)
    rate, step, each = training_rate(recipe, data, given.images)
    return {"rate": rate, "ms_per_step": step, "operations_per_image": each, "best": best}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--images", type=int, default=12_800, help="in an epoch; the first is warm-up")
    parser.add_argument("--epochs", type=int, default=4, help="2 or more")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each matrix product")
    given = parser.parse_args()
    if given.epochs < 2:
        parser.error("--epochs needs 2 or more: the first is warm-up")
    select_backend("tensorflow")
    data = inklens.load("mnist")
    recipe = record.concrete(given.preset, data, epochs=given.epochs, backend="tensorflow")
    precision = TYPES[resolve_precision(recipe.precision, "tensorflow")]
    rounds = []
    for number in range(1, given.rounds + 1):
        rounds.append(measured(recipe, data, given))
        rate, step = rounds[-1]["rate"], rounds[-1]["ms_per_step"]
        print(f"round {number}: {rate / 1e9:.1f} GFLOP/s, {step:.2f} ms per step", flush=True)
    rate = statistics.median(one["rate"] for one in rounds)
    best = {
        dtype: max((one["best"][dtype] for one in rounds), key=lambda product: product["rate"])
        for dtype in TYPES.values()
    }
    figures = {
        "preset": given.preset,
        "recipe": recipe.to_dict(),
        "images": given.images,
        "network": recipe.network,
        "batch_size": recipe.batch_size,
        "precision": precision,
        "operations_per_image": rounds[0]["operations_per_image"],
        "gflops": rate / 1e9,
        "best_matrix_product_gflops": {dtype: best[dtype]["rate"] / 1e9 for dtype in best},
        "best_matrix_product_shape": {dtype: best[dtype]["shape"] for dtype in best},
        "share_of_its_precision": rate / best[precision]["rate"],
        "share_of_float32": rate / best["float32"]["rate"],
        "rounds": rounds,
    }
    print(json.dumps({name: value for name, value in figures.items() if name != "rounds"}, indent=2))
    record.write(f"limit-{given.preset}", figures, dry=given.dry)


if __name__ == "__main__":
    main()
