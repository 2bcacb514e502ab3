"""The recipe's optimiser and its learning rate over the steps."""

from __future__ import annotations

import math
from typing import Any

import keras

from inklens.recipes.recipe import Recipe

WARM_UP = {"one-cycle": 0.25, "cosine": 0.05}  # share of the steps


class FusedAdam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) with TensorFlow's one kernel for the whole update of a variable.

    Keras's own makes a dozen passes over every weight and both moments. The arithmetic is the same, as a test
    holds against Keras's.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One update of one variable and its moments, in place."""
        import tensorflow as tf

        step = tf.cast(keras.ops.convert_to_tensor(self.iterations) + 1, tf.float32)
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class _OfSteps(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule over steps, of which each has so many parts; Keras counts the parts."""

    def __init__(self, schedule: Any, parts: int) -> None:
        super().__init__()
        self._schedule, self._parts = schedule, parts

    def __call__(self, step: Any) -> Any:
        return self._schedule(keras.ops.floor_divide(step, self._parts))


class ConvMuon(keras.optimizers.Muon):
    """Muon (Jordan et al. 2024): the update of a matrix is its momentum, made orthogonal.

    Keras's own leaves the kernels of convolutions to AdamW. Here they are matrices of (rows * columns *
    channels in, channels out), as in airbench94. Biases, normalisation and logits are left to AdamW.
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) < 2 or "logits" in variable.path

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign(m, self.momentum * m + gradient)
        ahead = gradient + self.momentum * m if self.nesterov else m
        matrix = keras.ops.reshape(ahead, (-1, ahead.shape[-1]))
        update = self.lr_adjust(lr * self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, keras.ops.reshape(update, variable.shape))


def make_optimizer(recipe: Recipe, steps: int | None, parts: int = 1) -> keras.optimizers.Optimizer:
    """The recipe's optimiser, with its learning-rate schedule over so many steps.

    Args:
        steps: None leaves the rate to be set from outside: see `inklens.training.loop.time_budget`.
        parts: of each batch, whose gradients are added up before a step is made.
    """
    rate = learning_rate_at(recipe, 0.0) if steps is None else _learning_rate(recipe, steps)
    if parts > 1 and callable(rate):
        rate = _OfSteps(rate, parts)
    options: dict[str, Any] = {"learning_rate": rate}
    if parts > 1:
        options["gradient_accumulation_steps"] = parts
    if recipe.weight_averaging is not None:  # Keras averages after every part of a step
        options |= {"use_ema": True, "ema_momentum": recipe.weight_averaging ** (1 / parts)}
    if recipe.betas is not None:
        options |= {"beta_1": recipe.betas[0], "beta_2": recipe.betas[1]}
    if recipe.momentum is not None:
        options |= {"momentum": recipe.momentum, **({"nesterov": True} if recipe.optimizer == "sgd" else {})}
    if recipe.weight_decay is not None:
        options["weight_decay"] = recipe.weight_decay
    if recipe.optimizer == "adam" and keras.config.backend() == "tensorflow":
        optimizer: keras.optimizers.Optimizer = FusedAdam(**options)
    elif recipe.optimizer == "muon":
        optimizer = ConvMuon(**{"weight_decay": None, **options}, adam_weight_decay=recipe.weight_decay)
    else:
        optimizer = keras.optimizers.get({"class_name": recipe.optimizer, "config": options})
    if recipe.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def learning_rate_at(recipe: Recipe, place: float) -> float:
    """The learning rate at a place in the recipe's schedule, 0 to 1, as Keras's schedule has it there."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    warm_up, lowest = WARM_UP[recipe.schedule], recipe.learning_rate / 25
    if place < warm_up:
        return lowest + (recipe.learning_rate - lowest) * place / warm_up
    fallen = min(1.0, (place - warm_up) / (1 - warm_up))
    return recipe.learning_rate * (1 + math.cos(math.pi * fallen)) / 2


def _learning_rate(recipe: Recipe, steps: int) -> Any:
    if recipe.schedule == "constant":
        return recipe.learning_rate
    warm_up = max(1, round(WARM_UP[recipe.schedule] * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 25,
        decay_steps=max(1, steps - warm_up),
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
