import numpy as np
import pytest

from inklens.errors import ModelError
from inklens.evaluation import softmax
from inklens.networks import build
from inklens.networks.backends import select_backend

select_backend("tensorflow")

from inklens.networks.ensemble import Ensemble, Member, vote  # noqa: E402
from inklens.networks.graph import logits_network  # noqa: E402
from inklens.networks.tta import TTA, seen  # noqa: E402

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (20, 12, 10, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def networks():
    return [build("conv5x5", (12, 10, 1), 4, seed=seed) for seed in range(3)]


def own_logits(network):
    return np.asarray(logits_network(network).predict_on_batch(IMAGES), np.float64)


def carried(logits):
    """The score that logits carry: their log-sum-exp."""
    return np.logaddexp.reduce(logits.astype(np.float64), axis=1)


def test_one_network_with_one_view_gives_its_own_answer_and_its_margin_as_the_score(networks):
    own = own_logits(networks[0])
    ensemble = Ensemble.of(networks[0])
    logits = ensemble.logits(IMAGES)
    assert logits.dtype == np.float32
    assert softmax(logits) == pytest.approx(softmax(own), abs=1e-6)
    assert carried(logits) == pytest.approx(own.max(axis=1) - own.mean(axis=1), abs=1e-5)
    assert ensemble.plain
    assert ensemble.network is networks[0]
    assert (ensemble.input_shape, ensemble.classes) == ((None, 12, 10, 1), 4)


def test_views_are_averaged_as_probabilities(networks):
    ensemble = Ensemble.of(networks[0], "mirror-cross")
    each = [networks[0].predict_on_batch(seen(IMAGES, transform)) for transform in TTA["mirror-cross"]]
    assert softmax(ensemble.logits(IMAGES)) == pytest.approx(np.mean(each, axis=0), abs=1e-6)
    assert not ensemble.plain


def test_members_have_one_vote_each_however_many_views_they_look_at(networks):
    members = tuple(
        Member(network, tta) for network, tta in zip(networks, ("none", "cross", "mirror"), strict=True)
    )
    each = [softmax(member.logits(IMAGES)) for member in members]
    ensemble = Ensemble(members)
    assert softmax(ensemble.logits(IMAGES)) == pytest.approx(np.mean(each, axis=0), abs=1e-6)
    assert ensemble.network is None


def test_half_of_the_judges_log_odds_go_into_the_score_and_nothing_into_the_answer(networks):
    ood_detectors = [build("conv5x5", (12, 10, 1), 2, seed=seed) for seed in (5, 6)]
    verdicts = [own_logits(ood_detector) for ood_detector in ood_detectors]
    odds = np.mean([verdict[:, 1] - verdict[:, 0] for verdict in verdicts], axis=0)
    assert odds.std() > 0.01
    alone = Ensemble(tuple(map(Member, networks))).logits(IMAGES)
    members = [
        Member(networks[0], ood_detector=ood_detectors[0]),
        Member(networks[1]),
        Member(networks[2], ood_detector=ood_detectors[1]),
    ]
    has_ood_detector = Ensemble(tuple(members)).logits(IMAGES)
    assert softmax(has_ood_detector) == pytest.approx(softmax(alone), abs=1e-6)
    assert carried(has_ood_detector) == pytest.approx(carried(alone) + odds / 2, abs=1e-5)


def test_a_judge_of_another_shape_is_refused(networks, tmp_path):
    networks[0].save(tmp_path / "one.keras")
    build("conv5x5", (12, 12, 1), 2).save(tmp_path / "ood_detector.keras")
    with pytest.raises(ModelError, match="a judge takes and gives arrays of shapes"):
        Ensemble.load([(tmp_path / "one.keras", "none", tmp_path / "ood_detector.keras")])


def test_a_vote_of_networks_that_are_sure_beyond_float32_is_finite():
    sure = np.array([[500.0, 0, -500]], np.float32)
    voted = vote([sure, sure[:, ::-1]])
    assert np.isfinite(voted).all()
    assert softmax(voted) == pytest.approx(np.array([[0.5, 0, 0.5]]), abs=1e-6)


def test_networks_of_unlike_shapes_cannot_vote(networks, tmp_path):
    networks[0].save(tmp_path / "one.keras")
    build("conv5x5", (12, 10, 1), 5).save(tmp_path / "two.keras")
    with pytest.raises(ModelError, match="arrays of unlike shapes"):
        Ensemble.load([(tmp_path / "one.keras", "none", None), (tmp_path / "two.keras", "none", None)])
    loaded = Ensemble.load([(tmp_path / "one.keras", "cross", None)])
    expected = Ensemble.of(networks[0], "cross").logits(IMAGES)
    assert loaded.logits(IMAGES) == pytest.approx(expected, abs=1e-5)
