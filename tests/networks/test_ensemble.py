import numpy as np
import pytest
from scipy.special import softmax

from inklens.errors import ModelError
from inklens.networks import build
from inklens.networks.ensemble import Ensemble, Member
from inklens.networks.graph import logits_network
from inklens.networks.tta import TTA, Transform

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (20, 12, 10, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def networks():
    return [build("conv5x5", (12, 10, 1), 4, seed=seed) for seed in range(3)]


def own_logits(network):
    return np.asarray(logits_network(network).predict_on_batch(IMAGES), np.float64)


def moved(images, transform: Transform):
    """What a transform makes of images, by NumPy."""
    if transform.mirrored:
        images = images[:, :, ::-1]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = 1 - transform.down, 1 - transform.right
    return padded[:, rows : rows + 12, columns : columns + 10]


def mean_probabilities(network, tta: str):
    """Over the transforms of TTA, by Keras's own softmax."""
    return np.mean([network.predict_on_batch(moved(IMAGES, each)) for each in TTA[tta]], axis=0)


def id_scores(logits, detectors=()):
    """As `inklens.networks.ensemble` defines them."""
    verdicts = [own_logits(detector) for detector in detectors]
    odds = np.mean([verdict[:, 1] - verdict[:, 0] for verdict in verdicts], axis=0) if verdicts else 0
    return logits.max(axis=1) - logits.mean(axis=1) + 0.5 * odds


def test_one_network_without_tta_gives_its_own_logits_and_their_margin_as_id_score(networks):
    own = own_logits(networks[0])
    ensemble = Ensemble.of(networks[0])
    outputs = ensemble.predict(IMAGES)
    assert outputs.logits.dtype == outputs.id_score.dtype == np.float32
    assert outputs.logits == pytest.approx(own, abs=1e-5)
    assert outputs.id_score == pytest.approx(id_scores(own), abs=1e-5)
    assert ensemble.plain
    assert ensemble.network is networks[0]
    assert (ensemble.input_shape, ensemble.classes) == ((None, 12, 10, 1), 4)


@pytest.mark.parametrize("tta", [name for name in TTA if name != "none"])
def test_tta_is_averaged_as_probabilities(networks, tta):
    ensemble = Ensemble.of(networks[0], tta)
    expected = mean_probabilities(networks[0], tta)
    outputs = ensemble.predict(IMAGES)
    assert outputs.probabilities() == pytest.approx(expected, abs=1e-6)
    assert outputs.id_score == pytest.approx(id_scores(np.log(expected)), abs=1e-5)
    assert not ensemble.plain


def test_members_have_one_vote_each_whatever_their_tta(networks):
    names = ("none", "cross", "mirror")
    ensemble = Ensemble(tuple(map(Member, networks, names)))
    expected = np.mean(list(map(mean_probabilities, networks, names)), axis=0)
    assert ensemble.predict(IMAGES).probabilities() == pytest.approx(expected, abs=1e-6)
    assert ensemble.network is None


def test_half_of_the_detectors_mean_log_odds_is_in_the_id_score_and_not_in_the_logits(networks):
    detectors = [build("conv5x5", (12, 10, 1), 2, seed=seed) for seed in (5, 6)]
    alone = Ensemble(tuple(map(Member, networks))).predict(IMAGES)
    tta = ("none",) * 3
    beside = Ensemble(tuple(map(Member, networks, tta, (detectors[0], None, detectors[1])))).predict(IMAGES)
    assert beside.logits == pytest.approx(alone.logits, abs=1e-5)
    assert beside.id_score == pytest.approx(id_scores(alone.logits, detectors), abs=1e-5)
    assert np.ptp(beside.id_score - alone.id_score) > 0.01


def test_an_image_is_predicted_alike_in_every_batch_and_none_gives_none(networks):
    ensemble = Ensemble.of(networks[0], "cross")
    many = np.concatenate([IMAGES] * 15)
    assert ensemble.batch_size < len(many)
    outputs = ensemble.predict(many)
    assert outputs.logits == pytest.approx(np.tile(ensemble.predict(IMAGES).logits, (15, 1)), abs=1e-5)
    nothing = ensemble.predict(IMAGES[:0])
    assert (nothing.logits.shape, nothing.id_score.shape) == ((0, 4), (0,))


def test_the_temperature_divides_the_logits(networks):
    outputs = Ensemble.of(networks[0]).predict(IMAGES)
    assert outputs.probabilities(2.0) == pytest.approx(softmax(own_logits(networks[0]) / 2, axis=1), abs=1e-6)


def test_a_vote_of_networks_that_are_sure_beyond_float32_is_finite():
    def sure_of(label: int):
        network = build("conv5x5", (12, 10, 1), 3)
        *weights, kernel, bias = network.get_weights()
        bias = 1000 * (np.arange(3) == label) - 500
        network.set_weights([*weights, 0 * kernel, bias])
        return network

    outputs = Ensemble((Member(sure_of(0)), Member(sure_of(2)))).predict(IMAGES[:1])
    assert np.isfinite(outputs.logits).all()
    assert outputs.probabilities() == pytest.approx(np.array([[0.5, 0, 0.5]]), abs=1e-6)


PREDICT_ELSEWHERE = """
import numpy as np
from inklens.networks.ensemble import Ensemble
from pathlib import Path
outputs = Ensemble.load([
    (Path({one!r}), "mirror-cross", Path({detector!r}), "none"), (Path({two!r}), "none", None, "deslant")
]).predict(np.load({images!r}))
np.savez("outputs.npz", logits=outputs.logits, id_score=outputs.id_score)
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend_predicts_the_same(networks, on_backend, tmp_path, backend):
    files = {name: str(tmp_path / f"{name}.keras") for name in ("one", "two", "detector")}
    detector = build("conv5x5", (12, 10, 1), 2, seed=7)
    for network, file in zip((*networks[:2], detector), files.values(), strict=True):
        network.save(file)
    np.save(tmp_path / "images.npy", IMAGES)
    on_backend(backend, PREDICT_ELSEWHERE.format(**files, images=str(tmp_path / "images.npy")))
    second = Member(networks[1], digit_normalisation="deslant")
    here = Ensemble((Member(networks[0], "mirror-cross", detector), second)).predict(IMAGES)
    with np.load(tmp_path / "outputs.npz") as there:
        assert there["logits"] == pytest.approx(here.logits, abs=1e-5)
        assert there["id_score"] == pytest.approx(here.id_score, abs=1e-5)


def test_an_ood_detector_of_another_shape_is_refused(networks, tmp_path):
    networks[0].save(tmp_path / "one.keras")
    build("conv5x5", (12, 12, 1), 2).save(tmp_path / "ood_detector.keras")
    with pytest.raises(ModelError, match="an OOD detector takes and gives arrays of shapes"):
        Ensemble.load([(tmp_path / "one.keras", "none", tmp_path / "ood_detector.keras", "none")])


def test_networks_of_different_shapes_cannot_vote(networks, tmp_path):
    networks[0].save(tmp_path / "one.keras")
    build("conv5x5", (12, 10, 1), 5).save(tmp_path / "two.keras")
    with pytest.raises(ModelError, match="arrays of different shapes"):
        Ensemble.load(
            [(tmp_path / "one.keras", "none", None, "none"), (tmp_path / "two.keras", "none", None, "none")]
        )
    loaded = Ensemble.load([(tmp_path / "one.keras", "cross", None, "none")])
    expected = Ensemble.of(networks[0], "cross").predict(IMAGES)
    assert loaded.predict(IMAGES).logits == pytest.approx(expected.logits, abs=1e-5)
