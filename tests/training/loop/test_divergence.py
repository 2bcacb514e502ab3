from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import Split
from inklens.errors import DivergedError, OptionError
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.training.loop.divergence import check_converged, check_finite, loss_of_one_answer, note_on
from inklens.training.progress import EpochProgress

select_backend("tensorflow")

from inklens.training.loop.batches import Batches  # noqa: E402
from inklens.training.loop.fit import _divergence  # noqa: E402

RECIPE = Recipe(learning_rate=0.5)


def epochs(*losses):
    return [{"epoch": number, "loss": loss, "val_loss": loss} for number, loss in enumerate(losses, 1)]


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("labels", [[0, 1, 2, 2], [0, 0, 1, -1, -1, 2], [1, 1, 1]])
def test_no_answer_for_all_images_has_a_lower_loss(labels, label_smoothing):
    """-1 is the label of outliers, whose target is the same share of every class."""
    split = Split(np.zeros((len(labels), 8, 8, 1), np.uint8), np.array(labels))
    _, targets = Batches(split, 3, len(labels))[0]

    def loss(shares):
        logits = np.tile(np.log(shares, dtype=np.float32), (len(labels), 1))
        return float(np.mean(_divergence(label_smoothing)(targets, logits)))

    best = loss_of_one_answer(split, 3, label_smoothing)
    own = (1 - label_smoothing) * targets.mean(axis=0) + label_smoothing / 3
    assert loss(own.clip(1e-7)) == pytest.approx(best, abs=1e-5)
    random = np.random.default_rng(0)
    assert min(loss(random.dirichlet(np.ones(3))) for _ in range(20)) >= best


def test_a_loss_that_is_no_number_is_said_with_epoch_and_learning_rate():
    now = EpochProgress(2, 3, 40, 100, 1.0, 1.0, loss=2.0, accuracy=0.5)
    check_finite(now, RECIPE, 0.25)
    said = (
        "diverged in epoch 2, at step 40 .* rate 0.5, 0.25 at that step, is too high: give a lower one, such "
        "as --learning-rate 0.05"
    )
    for wrong in ({"loss": float("inf")}, {"val_loss": float("nan")}):
        with pytest.raises(DivergedError, match=said):
            check_finite(replace(now, **wrong), RECIPE, 0.25)


def test_a_loss_that_rose_far_above_that_of_guessing_is_said():
    with pytest.raises(OptionError, match=r"in epoch 2 the loss is 4.2e\+03, where guessing has 2.3; the"):
        check_converged(epochs(1.0, 4200.0), RECIPE, 10)
    check_converged(epochs(4200.0, 2.4), RECIPE, 10)
    check_converged(epochs(40.0, 6.0), RECIPE, 10)  # it falls
    check_converged(epochs(6.0), RECIPE, 10)  # a few steps only
    with pytest.raises(OptionError, match="diverged"):
        check_converged(epochs(4.0, 6.0), RECIPE, 10)
    with pytest.raises(OptionError, match="diverged"):
        check_converged(epochs(4200.0), RECIPE, 10)
    check_converged([{"epoch": 1, "loss": 9.0, "val_loss": 0.2}], RECIPE, 10)  # it came round at the end


@pytest.mark.parametrize(
    ("losses", "since"), [((2.3, 2.31), 1), ((1.0, 2.3), 2), ((1.0, 2.4, 2.3), 2), ((2.4, 1.0), None)]
)
def test_a_loss_that_stays_at_chance_is_noted_with_the_epoch(losses, since):
    note = note_on(epochs(*losses), RECIPE, 2.3)
    assert (note is None) == (since is None)
    assert note is None or f"has learnt nothing: from epoch {since} on its loss" in note
