"""What the folds measured outlives the training after them."""

import pytest

from inklens.networks.backends import select_backend
from inklens.recipes import Committee
from inklens.training import resume, train
from inklens.training.cross_validation import cross_validate
from quick_run import QUICK

select_backend("tensorflow")


class Killed(BaseException):
    """Ends a training where it is."""


def kill(now):
    """A progress callback."""
    raise Killed


@pytest.fixture(scope="module")
def crossed(few):
    return cross_validate(few, QUICK.with_options(epochs=1), 2).to_dict()


def test_folds_are_in_metrics_and_report_after_a_training_that_was_stopped(few, crossed, tmp_path):
    with pytest.raises(Killed):
        train(few, QUICK, output=tmp_path, name="run", cross_validation=crossed, progress=kill)
    run = resume(tmp_path / "run")
    assert run.metrics["cross_validation"] == {**crossed, "note": None}
    report = run.folder.report.read_text(encoding="utf-8")
    assert "Cross-validation" in report
    assert f"on {crossed['n']:,} images in 2 folds" in report
    again = resume(run.path, epochs=3)
    assert "before the run went on with other settings" in again.metrics["cross_validation"]["note"]
    assert again.metrics["cross_validation"]["accuracy"] == crossed["accuracy"]


def test_those_of_a_committee_are_kept_too(few, crossed, tmp_path):
    two = Committee("committee", {"one": QUICK, "two": QUICK.with_options(seed=1, validation_seed=0)})
    with pytest.raises(Killed):
        train(few, two, output=tmp_path, name="run", report=False, cross_validation=crossed, progress=kill)
    assert resume(tmp_path / "run").metrics["cross_validation"]["accuracies"] == crossed["accuracies"]
