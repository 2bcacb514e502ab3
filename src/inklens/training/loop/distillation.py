"""Distillation: a network learns from a teacher's answers beside the labels (Hinton, Vinyals and Dean 2015).

The teacher, one network or a committee, answers in the same step to the very images that the network learns
from, augmented as they are, so that no answer is of another image. It normalises digits as it does when it is
used, and has no test-time augmentation (TTA). The network normalises its own digits after the augmentation
too. Images that show no class keep their target: a teacher that never learnt outliers knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from inklens.errors import OptionError
from inklens.networks.digit_normalisation import NormaliseDigits
from inklens.networks.ensemble import Ensemble, Member, ensemble_model
from inklens.networks.graph import multiply_adds, run, steps
from inklens.networks.layer_kinds import WHITENING
from inklens.recipes.recipe import Recipe

Loss = Callable[[Any, Any], Any]
_EXACT = (WHITENING, "logits")  # layers that are float32 whatever the precision is


def checked_teacher(
    teacher: Ensemble | keras.Model | None, network: keras.Model, recipe: Recipe
) -> Ensemble | None:
    """The teacher as an ensemble, after a look whether recipe and network go with it.

    Raises:
        OptionError: the teacher has other classes or takes other images, or one of two is missing: the
            teacher, or its share in the recipe.
    """
    if teacher is None:
        if recipe.distillation:
            raise OptionError(
                f"distillation {recipe.distillation:g} has no teacher to learn from: give a teacher, or "
                "distillation 0"
            )
        return None
    if not recipe.distillation:
        raise OptionError(
            "a teacher is given, and distillation, its share in the targets, is 0: give the preset distilled "
            "or a distillation above 0, or leave the teacher out"
        )
    ensemble = teacher if isinstance(teacher, Ensemble) else Ensemble.of(teacher)
    for what, its, own in (
        ("takes images of shape", ensemble.input_shape[1:], network.input_shape[1:]),
        ("has this many classes:", ensemble.classes, network.output_shape[-1]),
    ):
        if its != own:
            raise OptionError(
                f"the teacher {what} {its}; expected {own}, as the network: give a teacher that was trained "
                "on data of the same size, channels and classes"
            )
    return ensemble


def teacher_multiply_adds(teacher: Ensemble | None) -> int:
    """Multiply-adds of one image's way through all networks of a teacher; 0 without one."""
    return sum(multiply_adds(member.network) for member in teacher.members) if teacher else 0


def distillation_models(
    network: keras.Model, recipe: Recipe, augment: keras.layers.Layer | None, teacher: Ensemble
) -> tuple[keras.Model, keras.Model]:
    """The network without its softmax, and the same with its teacher's answers beside its logits.

    Returns:
        Two models of the same layers and weights, from uint8 pixels (N, H, W, C): to logits (N, classes), and
        to logits and the teacher's probabilities, (N, 2 * classes).
    """
    pixels = seen = keras.Input(batch_shape=network.input_shape, dtype="uint8")
    if augment is not None:
        seen = augment(seen)
    value = seen
    if recipe.digit_normalisation != "none":
        value = NormaliseDigits(recipe.digit_normalisation)(value)
    *_, (_, logits) = run(steps(network)[:-1], value)
    answers = Teacher(teacher, recipe.distillation_temperature, _precision(network))(seen)
    return keras.Model(pixels, logits), keras.Model(pixels, ops.concatenate([logits, answers], axis=-1))


def distillation_loss(hard: Loss, recipe: Recipe, classes: int) -> Loss:
    """The loss of a network with its teacher's answers beside its logits.

    The teacher's part is the divergence of the network's probabilities from the teacher's, both at the
    recipe's temperature T, times T squared, which keeps the size of its gradient (Hinton et al. 2015).

    Args:
        hard: of (target, logits), the part that the labels have, and the whole where no teacher answered.
    """
    temperature = recipe.distillation_temperature

    def loss(target: Any, output: Any) -> Any:
        logits, answers = output[..., :classes], output[..., classes:]
        log_answers = ops.log(ops.maximum(answers, 1e-7))
        divergence = ops.sum(answers * (log_answers - ops.log_softmax(logits / temperature)), axis=-1)
        answered = ops.logical_and(ops.max(answers, axis=-1) > 0, ops.max(target, axis=-1) > 0.5)
        share = recipe.distillation * ops.cast(answered, "float32")
        return (1 - share) * hard(target, logits) + share * temperature**2 * divergence

    return loss


class Teacher(keras.layers.Layer):
    """What a teacher says of images in training: (N, H, W, C), 0-255 -> float32 (N, classes).

    Probabilities at a temperature. When the network is evaluated the teacher is not asked: all are 0.

    Args:
        teacher: its networks are copied.
        temperature: by which its logits are divided before the softmax.
        precision: Keras's name of the policy that the copies compute in.
    """

    def __init__(self, teacher: Ensemble, temperature: float, precision: str) -> None:
        super().__init__(dtype="float32", trainable=False)
        members = [
            Member(_copied(member.network, precision), digit_normalisation=member.digit_normalisation)
            for member in teacher.members
        ]
        self._vote = ensemble_model(members, dtype="float32")
        self._vote.trainable = False
        self._classes, self._temperature = teacher.classes, temperature

    def call(self, images: Any, training: bool = False) -> Any:
        """The soft answers, or zeros."""
        images = ops.cast(images, "float32")
        if not training:
            return ops.zeros((ops.shape(images)[0], self._classes), "float32")
        logits = self._vote(images, training=False)["logits"]
        return ops.stop_gradient(ops.softmax(logits / self._temperature))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(N, classes)."""
        return (input_shape[0], self._classes)


def _precision(network: keras.Model) -> str:
    """The policy that a network computes in: that of a layer which is not float32, if there is one."""
    names = {layer.dtype_policy.name for layer in network.layers}
    return next(iter(sorted(names - {"float32", "uint8"})), "float32")


def _copied(network: keras.Model, precision: str) -> keras.Model:
    """The same network with weights of its own, whose hidden layers compute in another precision."""

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        exact = layer.name in _EXACT or isinstance(layer, keras.layers.Rescaling | keras.layers.Softmax)
        return type(layer).from_config({**config, "dtype": "float32" if exact else precision})

    copy = keras.models.clone_model(network, clone_function=copied)
    copy.set_weights(network.get_weights())
    return copy
