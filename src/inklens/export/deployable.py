"""The networks as they are deployed: views, vote and temperature inside; probabilities and score come out."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from inklens.export.folding import folded
from inklens.networks.ensemble import OOD_WEIGHT, Ensemble, Member
from inklens.networks.tta import TTA, Transform


def deployable(ensemble: Ensemble, temperature: float) -> keras.Model:
    """From uint8 pixels to `probabilities` and `score`.

    Args:
        ensemble: one network or more, with their views; they stay as they are, see `inklens.export.folding`.
        temperature: what the logits are divided by, above 0.

    Returns:
        A model of "pixels", uint8 (N, H, W, C), that gives {"probabilities": float32 (N, classes), "score":
        float32 (N,)}; the score is that of `inklens.networks.ensemble`.
    """
    pixels = keras.Input(batch_shape=ensemble.input_shape, dtype="uint8", name="pixels")
    images = ops.cast(pixels, "float32")
    answers = [_answer(member, images) for member in ensemble.members]
    logits = answers[0] if len(answers) == 1 else _vote(ops.stack([ops.log_softmax(one) for one in answers]))
    cooled = keras.layers.Rescaling(1 / temperature, name="cooled")(logits)
    score = ops.max(logits, axis=-1) - ops.mean(logits, axis=-1)
    if ensemble.ood_detectors:
        verdicts = [folded(ood_detector)(images) for ood_detector in ensemble.ood_detectors]
        odds = [verdict[:, 1] - verdict[:, 0] for verdict in verdicts]
        score = score + (OOD_WEIGHT / len(odds)) * sum(odds[1:], odds[0])
    outputs = {"probabilities": keras.layers.Softmax(name="probabilities")(cooled), "score": score}
    return _called(keras.Model(pixels, outputs, name="deployable"))


def _answer(member: Member, images: Any) -> Any:
    """As `Member.logits`; the views go through the network as one batch, one after the other."""
    network = folded(member.network)
    if member.plain:
        return network(images)
    tta = TTA[member.tta]
    batch = ops.concatenate([_seen(images, transform) for transform in tta], axis=0)  # (V * N, H, W, C)
    each = ops.log_softmax(network(batch))
    return _vote(ops.reshape(each, (len(tta), -1, each.shape[-1])))  # (V, N, classes)


def _seen(images: Any, transform: Transform) -> Any:
    """As `inklens.networks.tta.seen`."""
    if transform.mirrored:
        images = images[:, :, ::-1]
    height, width = images.shape[1:3]
    rows, columns = abs(transform.down), abs(transform.right)
    if rows or columns:
        images = ops.pad(images, ((0, 0), (rows, rows), (columns, columns), (0, 0)))
        top, left = rows - transform.down, columns - transform.right
        images = images[:, top : top + height, left : left + width]
    return images


def _vote(each: Any) -> Any:
    """Logarithms of probabilities (V, N, classes) -> that of their mean, (N, classes).

    `ops.logsumexp` would look for infinities, by operators that no model file of ours may have.
    """
    highest = ops.max(each, axis=0)
    return highest + ops.log(ops.sum(ops.exp(each - highest), axis=0)) - math.log(each.shape[0])


def calibrated(network: keras.Sequential, temperature: float) -> keras.Sequential:
    """The same layers, the temperature in the weights that make the logits, so that any Keras loads it."""
    copy = keras.models.clone_model(network)
    *weights, kernel, bias = network.get_weights()
    copy.set_weights([*weights, kernel / temperature, bias / temperature])
    return copy


def _called(model: keras.Model) -> keras.Model:
    """Keras exports no model that was never called."""
    model(ops.zeros((1, *model.input_shape[1:]), "uint8"))
    return model
