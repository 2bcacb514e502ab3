"""The plain Keras tutorial script against Inklens: same network, data and batch size, in turn, in one run.

    python benchmarks/same_network.py --network conv5x5
    python benchmarks/same_network.py --network conv3x3-triple --images 12000

Each round starts both as processes of their own; the first epoch of each is warm-up and not counted. An epoch
is timed as its user sees it: training, then validation on the test images; with fewer training images, on
fewer of these in the same proportion.
"""

import json
import statistics
import time

import record
from process import in_child

SETTINGS = {"conv5x5": ("tutorial-c", 150), "conv3x3-triple": ("tutorial-a", 128)}


def tutorial_model(network: str):
    """A tutorial's network as its article describes it, compiled with Keras's defaults."""
    import keras
    from keras import layers

    if network == "conv5x5":
        body = [layers.Conv2D(32, (5, 5), activation="relu"), layers.MaxPooling2D(), layers.Dropout(0.2)]
    else:
        body = [
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.Conv2D(128, (3, 3), activation="relu"),
            layers.Dropout(0.25),
            layers.MaxPooling2D(),
        ]
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *body,
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def plain_keras(network: str, images: int, epochs: int) -> dict:
    """The script as its tutorial has it."""
    import keras

    import inklens

    x_train, y_train, x_test, y_test = inklens.load("mnist").arrays()
    model = tutorial_model(network)

    starts, seconds = [], []
    timed = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: starts.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: seconds.append(time.perf_counter() - starts[-1]),
    )
    history = model.fit(
        x_train[:images],
        y_train[:images],
        validation_data=(x_test[: images // 6], y_test[: images // 6]),
        epochs=epochs,
        batch_size=SETTINGS[network][1],
        verbose=0,
        callbacks=[timed],
    )
    return {"seconds": seconds, "accuracy": history.history["val_accuracy"]}


def ours(network: str, images: int, epochs: int, precision: str) -> dict:
    """The same through Inklens."""
    import numpy as np

    import inklens
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    from inklens.training.loop.fit import fit
    from inklens.training.prepare import PreparedNetwork

    data = inklens.load("mnist")
    recipe = inklens.Recipe.from_preset(
        SETTINGS[network][0], epochs=epochs, precision=precision, backend="tensorflow"
    )
    prepared = PreparedNetwork.of(data, recipe)
    train, test = data.train.take(np.arange(images)), data.test.take(np.arange(images // 6))
    history = fit(prepared.network, recipe, train, test)
    seconds, accuracy = ([epoch[figure] for epoch in history] for figure in ("seconds", "val_accuracy"))
    return {"seconds": seconds, "accuracy": accuracy, "policy": prepared.policy}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--network", choices=SETTINGS, default="conv5x5")
    parser.add_argument("--images", type=int, default=60_000, help="training images per epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3, help="per round, the first not counted")
    parser.add_argument("--precision", choices=("float32", "auto", "bfloat16"), default="float32")
    given = parser.parse_args()
    shared = given.network, given.images, given.epochs
    rounds = []
    for number in range(given.rounds):
        keras, inklens = in_child(plain_keras, *shared), in_child(ours, *shared, given.precision)
        ratio = statistics.median(keras["seconds"][1:]) / statistics.median(inklens["seconds"][1:])
        rounds.append({"keras": keras, "inklens": inklens, "ratio": ratio})
        print(f"round {number + 1}: Inklens is {ratio:.2f} times as fast", flush=True)
    sides = {
        name: {
            "median_epoch_seconds": statistics.median(s for r in rounds for s in r[name]["seconds"][1:]),
            "mean_final_accuracy": statistics.mean(r[name]["accuracy"][-1] for r in rounds),
        }
        for name in ("keras", "inklens")
    }
    figures = {
        "network": given.network,
        "images": given.images,
        "precision": rounds[0]["inklens"]["policy"],
        **sides,
        "median_ratio": statistics.median(r["ratio"] for r in rounds),
        "rounds": rounds,
    }
    print(json.dumps({**sides, "median_ratio": figures["median_ratio"]}, indent=2))
    record.write(f"same_network-{given.network}-{given.precision}", figures, dry=given.dry)


if __name__ == "__main__":
    main()
