"""Training curves."""

import numpy as np
import pytest

from inklens.reporting import training_curves

NAN = float("nan")


def points_of(line):
    """float64 (2, N): epochs and values."""
    return np.asarray(line.get_data(), dtype=np.float64)


def history_of(epochs, validation=True):
    entries = []
    for epoch in range(1, epochs + 1):
        entry = {"epoch": epoch, "loss": 0.3 / epoch + 0.02, "accuracy": 0.995 - 0.06 / epoch}
        if validation:
            entry |= {"val_loss": 0.1 / epoch + 0.03, "val_accuracy": 0.9912 - 0.02 / epoch}
        entries.append(entry)
    return entries


def one(loss, accuracy):
    return [{"epoch": 1, "loss": loss, "accuracy": accuracy, "val_loss": None, "val_accuracy": None}]


HARD = {
    "five epochs": history_of(5),
    "one epoch": history_of(1),
    "one epoch, no validation": history_of(1, validation=False),
    "three hundred epochs": history_of(300),
    "resumed at epoch 11": history_of(20)[10:],
    "perfect": one(0.0, 1.0),
    "nothing right": one(16.1, 0.0),
    "huge loss": one(1.234567e30, 0.1),
    "tiny differences": [one(0.1 + i * 1e-7, 0.99 + i * 1e-5)[0] | {"epoch": i} for i in range(1, 4)],
    "diverged": [one(10.0**i if i < 4 else NAN, 0.1)[0] | {"epoch": i} for i in range(1, 7)],
    "diverged at once": one(NAN, NAN),
    "infinite": one(float("inf"), 0.1),
}


@pytest.mark.parametrize("history", HARD.values(), ids=HARD.keys())
def test_every_history_is_tidy(history, tmp_path, assert_tidy):
    figure = training_curves(history, tmp_path / "curves.png")
    assert_tidy(figure)
    assert figure.axes[2].get_ylim()[1] <= 1, "no promise of more than a hundred per cent"
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_curves_are_the_numbers_of_the_history(tmp_path):
    history = history_of(5)
    _, loss, accuracy = training_curves(history, tmp_path / "x.png").axes
    for axes, measure in [(loss, "loss"), (accuracy, "accuracy")]:
        lines = {str(line.get_label()): line for line in axes.get_lines()}
        for name, key in [("training", measure), ("validation", "val_" + measure)]:
            epochs, values = points_of(lines[name])
            assert epochs.tolist() == [1, 2, 3, 4, 5]
            assert values.tolist() == [entry[key] for entry in history]
        training, validation = lines["training"], lines["validation"]
        assert training.get_color() != validation.get_color()
        assert training.get_marker() != validation.get_marker()


def test_without_validation_there_is_one_curve_and_one_key(tmp_path, said_in):
    figure = training_curves(history_of(3, validation=False), tmp_path / "x.png")
    said = said_in(figure)
    assert "3 epochs, training accuracy 97.50% at the end" in said
    assert said.count("training") == 1
    assert "validation" not in said
    assert [len(axes.get_lines()) for axes in figure.axes[1:]] == [1, 1]


def test_epochs_that_diverged_are_gaps_and_not_zero(tmp_path):
    figure = training_curves(HARD["diverged"], tmp_path / "x.png")
    _, values = points_of(figure.axes[1].get_lines()[0])
    assert np.isfinite(values).tolist() == [True, True, True, False, False, False]


@pytest.mark.parametrize("epochs", [1, 2, 20, 300])
def test_epochs_are_whole_numbers_and_all_curves_are_in_view(epochs, tmp_path):
    for axes in training_curves(history_of(epochs), tmp_path / "x.png").axes[1:]:
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(tick == round(tick) >= 1 for tick in ticks)
        bottom, top = axes.get_ylim()
        for line in axes.get_lines():
            x, y = points_of(line)
            assert low <= x.min() <= x.max() <= high
            assert bottom <= y.min() <= y.max() <= top


def test_no_epoch_at_all_is_refused(tmp_path):
    with pytest.raises(ValueError, match="history is empty"):
        training_curves([], tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()
