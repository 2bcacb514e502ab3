"""Two networks that a Keras user would take for a folder of small pictures, trained for so many seconds.

    python keras_things.py FOLDER example 32 100 0
    python keras_things.py FOLDER resnet20 16 100 0

`example` is the network of Keras's "Image classification from scratch" (Adam, learning rate 3e-4, batches of
128, images mirrored and turned by up to 36 degrees), for pictures of the given size. `resnet20` is He et al.
2015, section 4.2, with the given width, trained as Keras's former example did it: Adam from 1e-3, which is
divided by 10 after 40, 60 and 80% of the time, batches of 32, images mirrored and moved by up to 10%. It
needs Keras and TensorFlow only. The last line is JSON: the accuracy on FOLDER/test, and what was used.

The last two arguments are seconds and seed. Seconds count from the start of the script, so imports and
loading are in them; the evaluation is not.
"""

import time

BEGAN = time.monotonic()

import json  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

STEPS = ((0.8, 1e-3), (0.6, 1e-2), (0.4, 1e-1))  # after a share of the time, the share of the rate


class Time(keras.callbacks.Callback):
    """Ends the training when its time is over, and lowers the learning rate on the way."""

    def __init__(self, seconds: float, rate: float, *, falls: bool) -> None:
        super().__init__()
        self.seconds, self.rate, self.falls = seconds, rate, falls

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        gone = (time.monotonic() - BEGAN) / self.seconds
        self.model.stop_training = gone >= 1
        if self.falls:
            share = next((factor for after, factor in STEPS if gone >= after), 1.0)
            self.model.optimizer.learning_rate = self.rate * share


def example(size: int, classes: int) -> keras.Model:
    image = keras.Input((size, size, 3))
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(128, 3, strides=2, padding="same")(x)
    x = before = layers.Activation("relu")(layers.BatchNormalization()(x))
    for width in (256, 512, 728):
        for _ in range(2):
            x = layers.SeparableConv2D(width, 3, padding="same")(layers.Activation("relu")(x))
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        x = before = layers.add([x, layers.Conv2D(width, 1, strides=2, padding="same")(before)])
    x = layers.SeparableConv2D(1024, 3, padding="same")(x)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(classes)(x))


def resnet20(width: int, classes: int, size: int = 32) -> keras.Model:
    def convolved(x: Any, channels: int, strides: int = 1) -> Any:
        decay = keras.regularizers.L2(1e-4)
        x = layers.Conv2D(channels, 3, strides, "same", use_bias=False, kernel_regularizer=decay)(x)
        return layers.BatchNormalization()(x)

    image = keras.Input((size, size, 3))
    x = layers.Activation("relu")(convolved(layers.Rescaling(1 / 127.5, offset=-1)(image), width))
    for stage in range(3):
        channels = width << stage
        for block in range(3):
            strides = 2 if stage and not block else 1
            before = x if strides == 1 else layers.Conv2D(channels, 1, strides)(x)
            x = convolved(layers.Activation("relu")(convolved(x, channels, strides)), channels)
            x = layers.Activation("relu")(layers.add([x, before]))
    return keras.Model(image, layers.Dense(classes)(layers.GlobalAveragePooling2D()(x)))


def pictures(folder: str, size: int) -> tuple[Any, Any]:
    """All images of class folders (N, size, size, 3), 0 to 255, and their labels."""
    read = keras.utils.image_dataset_from_directory(
        folder, image_size=(size, size), batch_size=None, shuffle=False, verbose=False
    )
    return next(iter(read.batch(100_000)))


def augmented(network: str, images: Any, labels: Any) -> tf.data.Dataset:
    """Batches of changed images, in another order in each epoch."""
    change = (
        layers.RandomRotation(0.1)
        if network == "example"
        else layers.RandomTranslation(0.1, 0.1, fill_mode="nearest")
    )
    both = keras.Sequential([layers.RandomFlip("horizontal"), change])
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(labels))
    batches = batches.batch(128 if network == "example" else 32)
    batches = batches.map(lambda x, y: (both(x, training=True), y), tf.data.AUTOTUNE)
    return batches.prefetch(tf.data.AUTOTUNE)


def main() -> None:
    folder, network = sys.argv[1:3]
    given, seconds, seed = int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
    keras.utils.set_random_seed(seed)
    size = given if network == "example" else 32
    images, labels = pictures(f"{folder}/train", size)
    classes = int(labels.numpy().max()) + 1
    model = example(size, classes) if network == "example" else resnet20(given, classes)
    rate = 3e-4 if network == "example" else 1e-3
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    watch = Time(seconds, rate, falls=network == "resnet20")
    told = model.fit(augmented(network, images, labels), epochs=100_000, callbacks=[watch], verbose=0)
    trained = time.monotonic() - BEGAN
    tested = model.evaluate(*pictures(f"{folder}/test", size), batch_size=500, verbose=0, return_dict=True)
    found = {"accuracy": tested["accuracy"], "seconds": round(trained, 1), "epochs": len(told.epoch)}
    print(json.dumps({**found, "weights": model.count_params(), "versions": {"keras": keras.__version__}}))


main()
