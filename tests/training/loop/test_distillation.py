"""A network that learns a teacher's answers: the loss, what the teacher sees, and what it leaves alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from inklens.errors import OptionError
from inklens.networks import build
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend("tensorflow")

import keras  # noqa: E402

from inklens.networks.ensemble import Ensemble, Member  # noqa: E402
from inklens.training.loop.distillation import Teacher, distillation_loss, distillation_models  # noqa: E402
from inklens.training.loop.fit import _Accuracy, _divergence, fit, steps_per_execution  # noqa: E402

QUICK = Recipe(network="convnet-small", epochs=3, batch_size=64)
SHARE, TEMPERATURE = 0.7, 3.0
TAUGHT = replace(QUICK, distillation=SHARE, distillation_temperature=TEMPERATURE)
LOGITS = np.array([[2.0, 0.0, -1.0], [0.5, 0.5, 3.0], [1.0, 2.0, 3.0]], np.float32)
ANSWERS = np.array([[0.8, 0.15, 0.05], [0.2, 0.2, 0.6], [0.6, 0.3, 0.1]], np.float32)
LABELS = np.array([[1, 0, 0], [0, 1, 0], [1 / 3, 1 / 3, 1 / 3]], np.float32)  # the last has no class


def loss_of(answers):
    loss = distillation_loss(_divergence(0.0), TAUGHT, 3)
    return np.asarray(loss(LABELS, np.concatenate([LOGITS, answers], axis=1)))


def test_the_loss_is_the_labels_part_and_the_teachers_at_its_temperature():
    divergence = (ANSWERS * (np.log(ANSWERS) - log_softmax(LOGITS / TEMPERATURE, axis=1))).sum(axis=1)
    labelled = -(LABELS * log_softmax(LOGITS, axis=1)).sum(axis=1)
    expected = (1 - SHARE) * labelled + SHARE * TEMPERATURE**2 * divergence
    np.testing.assert_allclose(loss_of(ANSWERS)[:2], expected[:2], rtol=1e-5)


def test_images_without_a_class_keep_their_target():
    plain = np.asarray(_divergence(0.0)(LABELS, LOGITS))
    assert loss_of(ANSWERS)[2] == pytest.approx(plain[2])


def test_where_the_teacher_is_not_asked_the_loss_is_of_the_labels():
    plain = np.asarray(_divergence(0.0)(LABELS, LOGITS))
    np.testing.assert_allclose(loss_of(np.zeros_like(ANSWERS)), plain)


def test_the_accuracy_is_of_the_network_not_of_its_teacher():
    metric = _Accuracy()
    metric.update_state(LABELS, np.concatenate([LOGITS, 9 * LABELS], axis=1))
    assert float(metric.result()) == 0.5


def committee(shape, classes=10):
    return Ensemble(
        tuple(
            Member(build("convnet-small", shape, classes, seed=seed), "cross", digit_normalisation=name)
            for seed, name in ((1, "none"), (2, "deslant"))
        )
    )


def test_the_teacher_answers_to_the_augmented_images_as_each_member_normalises_them(small_digits):
    teacher, images = committee(small_digits.image_shape), small_digits.train.batch(slice(0, 8)) // 2 * 2
    network = build("conv5x5", small_digits.image_shape, 10)
    student, taught = distillation_models(network, TAUGHT, keras.layers.Rescaling(0.5), teacher)
    both = np.asarray(taught(images, training=True))
    without_tta = Ensemble(tuple(replace(member, tta="none") for member in teacher.members))
    expected = softmax(without_tta.predict(images // 2).logits / TEMPERATURE, axis=1)
    np.testing.assert_allclose(both[:, 10:], expected, rtol=1e-3, atol=1e-6)
    evaluated = np.asarray(taught(images, training=False))
    np.testing.assert_allclose(evaluated[:, :10], np.asarray(student(images)), rtol=1e-3, atol=1e-5)
    assert not evaluated[:, 10:].any()


def test_the_network_normalises_its_own_digits_after_the_augmentation(small_digits):
    images = small_digits.train.batch(slice(0, 8)) // 2 * 2
    network = build("conv5x5", small_digits.image_shape, 10)
    recipe = replace(TAUGHT, digit_normalisation="deslant")
    teacher = committee(small_digits.image_shape)
    student, _ = distillation_models(network, recipe, keras.layers.Rescaling(0.5), teacher)
    alone = Ensemble.of(network, digit_normalisation="deslant")
    # Probabilities: the logits that an ensemble gives may differ by a number from the network's.
    expected = softmax(alone.predict(images // 2).logits, axis=1)
    np.testing.assert_allclose(softmax(np.asarray(student(images)), axis=1), expected, rtol=1e-3, atol=1e-6)


def test_what_is_trained_and_kept_is_the_network_alone(small_digits):
    teacher = committee(small_digits.image_shape)
    network = build("conv5x5", small_digits.image_shape, 10)
    student, taught = distillation_models(network, TAUGHT, None, teacher)
    assert [id(one) for one in student.variables] == [id(one) for one in network.variables]
    assert [id(one) for one in taught.trainable_variables] == [id(one) for one in network.trainable_variables]
    before = [member.network.get_weights() for member in teacher.members]
    fit(network, replace(TAUGHT, epochs=1), small_digits.train, small_digits.test, teacher=teacher)
    for member, weights in zip(teacher.members, before, strict=True):
        assert all(map(np.array_equal, member.network.get_weights(), weights))
        assert member.network.trainable


@pytest.fixture(scope="module")
def learnt(small_digits):
    """A network that can be a teacher."""
    network = build("convnet-small", small_digits.image_shape, 10, seed=1)
    fit(network, QUICK, small_digits.train, small_digits.test)
    return network


def test_answers_alone_teach_the_digits_whatever_the_labels_are(learnt, small_digits):
    train = small_digits.train
    wrong = replace(train, labels=(train.labels + 1) % 10)
    network = build("convnet-small", small_digits.image_shape, 10)
    only = replace(QUICK, distillation=1.0)
    history = fit(network, only, wrong, small_digits.test, teacher=learnt)
    assert history[-1]["val_accuracy"] > 0.94
    assert history[-1]["accuracy"] < 0.1  # of the labels
    assert history[-1]["val_loss"] < 0.3  # of the labels, in which the teacher has no part


def test_in_halves_of_a_batch_it_is_taught_too(learnt, small_digits, monkeypatch):
    from inklens.training.loop import fit as fitting

    compiled, tries = fitting._compile, []

    def short_of_memory(*given):
        tries.append(given[-1])
        if given[-1] == 1:
            raise MemoryError
        compiled(*given)

    monkeypatch.setattr(fitting, "_compile", short_of_memory)
    network = build("convnet-small", small_digits.image_shape, 10)
    history = fit(network, TAUGHT, small_digits.train, small_digits.test, teacher=learnt)
    assert tries == [1, 2]
    assert history[-1]["val_loss"] < history[0]["loss"]


def test_the_teacher_computes_in_the_precision_of_the_network():
    shape = (14, 14, 1)
    policies = {
        layer.name: layer.dtype_policy.name
        for layer in Teacher(committee(shape), 1.0, "mixed_bfloat16")._vote._flatten_layers(
            include_self=False
        )
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense)
    }
    assert policies.pop("logits") == "float32"
    assert set(policies.values()) == {"mixed_bfloat16"}


def test_one_execution_is_shorter_with_a_teacher():
    network, recipe = build("convnet-small", (28, 28, 1), 10), Recipe(batch_size=64)
    alone = steps_per_execution(recipe, network, 60_000)
    teacher = Ensemble((Member(network),) * 3)
    assert steps_per_execution(recipe, network, 60_000, teacher) == alone // 2


@pytest.mark.parametrize(
    ("recipe", "shape", "classes", "said"),
    [
        (TAUGHT, (14, 14, 1), 9, "has this many classes: 9; expected 10, as the network: give a teacher"),
        (TAUGHT, (14, 14, 3), 10, r"takes images of shape \(14, 14, 3\); expected \(14, 14, 1\)"),
        (QUICK, (14, 14, 1), 10, "distillation, its share in the targets, is 0: give the preset distilled"),
    ],
)
def test_a_teacher_that_does_not_go_with_the_network_is_refused(small_digits, recipe, shape, classes, said):
    network = build("convnet-small", small_digits.image_shape, 10)
    with pytest.raises(OptionError, match=said):
        fit(network, recipe, small_digits.train, small_digits.test, teacher=committee(shape, classes))


def test_a_share_without_a_teacher_is_refused(small_digits):
    network = build("convnet-small", small_digits.image_shape, 10)
    with pytest.raises(OptionError, match=r"distillation 0\.7 has no teacher to learn from: give a teacher"):
        fit(network, TAUGHT, small_digits.train, small_digits.test)


ON_ANOTHER = """
import sys


class Hidden:
    def find_spec(self, name, *rest):
        if name == "{hidden}":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, Hidden())
import numpy as np
from inklens.datasets import Split, load
from inklens.networks import build
from inklens.networks.augmentation import augmentation_layer
from inklens.networks.ensemble import Ensemble, Member
from inklens.recipes import Recipe
from inklens.training.loop.fit import fit

data = load("sample")
few, test = (
    Split(part.whole()[::4, ::2, ::2], part.labels[::4]) for part in (data.train, data.test)
)
networks = [build("convnet-small", (14, 14, 1), 10, seed=seed) for seed in range(2)]
recipe = Recipe(epochs=2, batch_size=25, weight_averaging=0.9)
fit(networks[0], recipe, few, test)
before = networks[0].get_weights()
teacher = Ensemble((Member(networks[0]), Member(networks[0], digit_normalisation="deslant")))
taught = recipe.with_options(distillation=1.0, augmentation="writing-light")
augment = augmentation_layer("writing-light", 0)
history = fit(networks[1], taught, few, test, augment=augment, teacher=teacher)
assert all(map(np.array_equal, before, networks[0].get_weights()))
print(history[-1]["val_accuracy"])
"""


@pytest.mark.parametrize(("backend", "hidden"), [("jax", "tensorflow"), ("torch", "")])
def test_other_backends_distil_too(on_backend, backend, hidden):
    printed = on_backend(backend, ON_ANOTHER.format(hidden=hidden))
    assert float(printed) > 0.6
