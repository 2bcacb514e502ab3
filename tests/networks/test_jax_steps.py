"""The loop over steps that an accelerator runs by itself; on the CPU it may be slow, but not wrong."""

import json

COMPARE = """
import json
import numpy as np
from inklens.networks.backends import select_backend
select_backend("jax")
from inklens.datasets import Split
from inklens.networks import build
from inklens.networks.augmentation import augmentation_layer
from inklens.recipes import Recipe
from inklens.training.loop import fit as module

random = np.random.default_rng(0)
images = random.integers(0, 256, (341, 12, 12, 1)).astype(np.uint8)
split = Split(images, random.integers(0, 3, 341))
recipe = Recipe(batch_size=8, epochs=2, dropout=0.1, weight_averaging=0.9, augmentation="writing-light")
weights, marks, histories = [], [], []
for together in (False, True):
    module._on_accelerator_by_jax = lambda: together
    network = build("convnet-small", (12, 12, 1), 3, dropout=0.1, seed=1, training=True)
    seen = []
    histories.append(module.fit(
        network, recipe, split, split.take(np.arange(50)),
        augment=augmentation_layer(recipe.augmentation, 0), progress=lambda now: seen.append(now.step),
    ))
    weights.append(network.get_weights())
    marks.append(seen)
differ = max(float(np.abs(one - other).max()) for one, other in zip(*weights))
print(json.dumps({"differ": differ, "marks": marks, "losses": [h[-1]["loss"] for h in histories]}))
"""


def test_a_compiled_loop_ends_with_the_same_weights(on_backend):
    """43 steps, the last of them of fewer images, in executions of three: state, logs and progress are those
    of steps one by one, but for the rounding of what XLA computes together."""
    said = json.loads(on_backend("jax", COMPARE).splitlines()[-1])
    assert said["marks"][0] == said["marks"][1]
    assert 3 in said["marks"][1]
    assert 43 in said["marks"][1]
    assert said["differ"] < 1e-4
    assert abs(said["losses"][0] - said["losses"][1]) < 1e-4
