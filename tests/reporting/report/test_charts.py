import numpy as np
import pytest

from inklens.evaluation import reliability_curve, risk_coverage_curve
from inklens.reporting.report.charts import coverage_chart, reliability_chart, training_charts


@pytest.mark.parametrize(
    ("measure", "values", "ticks"),
    [
        ("loss", [0.19, 0.1], "0 0.05 0.1 0.15 0.2"),
        ("loss", [7, 3], "0 2 4 6 8"),
        ("loss", [0, 0], "0 0.2 0.4 0.6 0.8 1"),
        ("accuracy", [0.9439, 0.9962], "94% 96% 98% 100%"),
        ("accuracy", [0.9], "80% 100%"),
        ("accuracy", [1.0], "99.9% 99.95% 100%"),
    ],
)
def test_axes_end_and_step_on_round_numbers_around_the_values(measure, values, ticks):
    history = [
        {"epoch": epoch, "loss": 1.0, "accuracy": 0.5, measure: value}
        for epoch, value in enumerate(values, 1)
    ]
    chart = training_charts(history)[measure == "accuracy"]
    assert " ".join(text for _, text in chart.y_ticks) == ticks
    low, high = chart.y_ticks[0][0], chart.y_ticks[-1][0]
    assert all(high <= y <= low for _, y, _ in chart.lines[0].points)


def _heights(line):
    return [y for _, y, _ in line.points]


def test_training_lies_where_its_values_are_and_is_told_in_words_and_in_a_table():
    history = [
        {"epoch": 1, "loss": 1.0, "accuracy": 0.5, "val_loss": 0.8, "val_accuracy": 0.6},
        {"epoch": 2, "loss": 0.5, "accuracy": 0.75, "val_loss": 0.6, "val_accuracy": 0.7},
        {"epoch": 3, "loss": 0.0, "accuracy": 1.0, "val_loss": float("nan"), "val_accuracy": None},
    ]
    loss, accuracy = training_charts(history)
    train, validation = loss.lines
    top, middle, bottom = _heights(train)
    assert middle == pytest.approx((top + bottom) / 2)
    assert top < bottom == loss.bottom
    assert len(validation.points) == 2  # what is not finite is left out
    assert loss.says == (
        "Loss over the epochs: training loss from 1.0000 to 0.0000, validation loss from 0.8000 to 0.6000."
    )
    assert loss.rows[2] == ("3", "0.0000", "\N{EN DASH}")
    assert [text for _, text in loss.x_ticks] == ["1", "2", "3"]
    assert accuracy.y_ticks[-1][1] == "100%"
    assert _heights(accuracy.lines[0])[-1] == accuracy.y_ticks[-1][0]


def test_one_epoch_and_a_hundred_are_drawn():
    for epochs in (1, 100):
        history = [{"epoch": epoch + 1, "loss": 0.3, "accuracy": 0.9} for epoch in range(epochs)]
        for chart in training_charts(history):
            assert all(chart.left <= at <= chart.right for at, _ in chart.x_ticks)
            assert len(chart.x_ticks) <= 8
            assert [line.name for line in chart.lines] == ["training"]
            assert bool(chart.lines[0].points) == (epochs == 1)
            assert len(chart.rows) == epochs
            course = {1: "After one epoch: training ", 100: f"{chart.title} over the epochs: training "}
            assert chart.says.startswith(course[epochs])


def test_perfect_confidence_lies_on_the_diagonal():
    probabilities = [[0.75, 0.25]] * 4
    chart = reliability_chart(reliability_curve(probabilities, [0, 0, 0, 1]))
    (x, y, _), *more = chart.lines[1].points
    assert more == []
    at = {text: place for place, text in chart.x_ticks}
    up = {text: place for place, text in chart.y_ticks}
    assert (x - at["0%"]) / (at["100%"] - at["0%"]) == pytest.approx(0.75, abs=0.001)
    assert (y - up["0%"]) / (up["100%"] - up["0%"]) == pytest.approx(0.75, abs=0.001)
    assert "0.00 points apart" in chart.says
    assert chart.rows[0][1:] == ("75.0%", "75.0%", "4")


def test_coverage_names_the_error_of_the_surest():
    confidence = np.linspace(0.5, 1, 100)
    chart = coverage_chart(risk_coverage_curve(confidence, np.arange(100) >= 10))
    assert chart.says == (
        "Who answers only the surest 90% of the images errs in 0.00% of them; who answers all errs in 10.00%."
    )
    assert dict(chart.rows)["100%"] == "10.00%"


def test_without_an_error_the_coverage_is_still_drawn():
    chart = coverage_chart(risk_coverage_curve(np.array([0.9, 0.8]), np.array([True, True])))
    assert len({at for at, _ in chart.y_ticks}) == len(chart.y_ticks) > 1
