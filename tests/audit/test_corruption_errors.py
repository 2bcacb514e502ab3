from itertools import pairwise

import numpy as np
import pytest

from inklens.audit import CORRUPTIONS, corrupt, measure_corruption_errors
from inklens.errors import DataError
from inklens.evaluation import wilson_interval
from inklens.pixels import PixelSpec, frame

SPEC = PixelSpec(28, 28, 1)


@pytest.fixture(scope="module")
def test_part(digits):
    chosen = np.arange(0, 1000, 5)
    return digits.test.batch(chosen), digits.test.labels[chosen]


@pytest.fixture(scope="module")
def nearest_mean(digits):
    """A network without layers: how near an image is to the mean of each class."""
    images, labels = digits.train.whole().reshape(len(digits.train), -1) / 255, digits.train.labels
    means = np.stack([images[labels == label].mean(axis=0) for label in range(10)])
    return lambda x: x.reshape(len(x), -1) / 255 @ means.T - (means**2).sum(axis=1) / 2


def test_every_corruption_is_counted_as_it_would_be_by_hand(nearest_mean, test_part):
    images, labels = test_part
    measured = measure_corruption_errors(nearest_mean, images, labels, spec=SPEC, seed=2)
    assert tuple(measured.direct) == ("clean", *CORRUPTIONS)
    rates = {name: measured.direct[name] for name in CORRUPTIONS}
    few = measure_corruption_errors(nearest_mean, images[:40], labels[:40], seed=2)
    for name, rate in rates.items():
        right = sum(
            int(nearest_mean(corrupt(image[None], name, seed=2)).argmax() == label)
            for image, label in zip(images[:40], labels[:40], strict=True)
        )
        assert few.direct[name].errors == 40 - right
        assert rate.interval == wilson_interval(rate.errors, 200)
    assert measured.mean_error == pytest.approx(np.mean([rate.error for rate in rates.values()]))
    assert measured.clean.error == np.mean(nearest_mean(images).argmax(axis=1) != labels)
    assert measured.framed is None, "padding leaves images of the right size as they are"


def test_framing_that_changes_the_images_is_counted_too(nearest_mean, test_part):
    """Images in colour for a network that takes grey: framing makes them grey."""
    images, labels = np.repeat(test_part[0], 3, axis=3), test_part[1]

    def grey(seen):
        return nearest_mean(seen[..., :1])

    measured = measure_corruption_errors(grey, images, labels, spec=SPEC)
    assert measured.framed is not None
    # Noise differs between the channels, so that grey is not what the first of them is.
    noisy = corrupt(images, "impulse_noise")
    by_hand = np.stack([frame(image, SPEC) for image in noisy])
    errors = [int((grey(seen).argmax(axis=1) != labels).sum()) for seen in (noisy, by_hand)]
    rates = (measured.direct["impulse_noise"], measured.framed["impulse_noise"])
    assert [rate.errors for rate in rates] == errors
    assert measured.framed["shear"] == measured.direct["shear"]
    header, rows = measured.table()
    assert header[4:] == ["framed_error", "framed_interval_low", "framed_interval_high"]
    assert {len(row) for row in rows} == {7}
    assert measured.to_dict()["framed"]["corruptions"]["shear"]["error"] == measured.direct["shear"].error


def test_the_figures_for_json_and_csv(nearest_mean, test_part):
    images, labels = test_part
    told = []
    measured = measure_corruption_errors(
        nearest_mean, images, labels, on_corruption=lambda *now: told.append(now)
    )
    said = measured.to_dict()
    assert (said["images"], said["seed"], said["framed"]) == (200, 0, None)
    assert said["clean_error"] == measured.clean.error
    low, high = said["corruptions"]["fog"]["interval"]
    assert low < said["corruptions"]["fog"]["error"] < high
    header, rows = measured.table()
    assert header == ["corruption", "error", "interval_low", "interval_high"]
    assert [row[0] for row in rows] == ["clean", *CORRUPTIONS]
    assert [name for name, _, _ in told] == list(CORRUPTIONS)
    assert all(later == before + 1 for (_, before, _), (_, later, _) in pairwise(told))


def test_no_images_or_labels_that_do_not_fit_are_refused(nearest_mean, test_part):
    images, labels = test_part
    for wrong in ((images[:0], labels[:0]), (images, labels[:5])):
        with pytest.raises(DataError, match="expected one whole number per image, and at least one image"):
            measure_corruption_errors(nearest_mean, *wrong)
