import numpy as np
import pytest

from inklens.evaluation import reliability_curve, risk_coverage_curve
from inklens.reporting.report.charts import (
    coverage_chart,
    nice_range,
    reliability_chart,
    training_charts,
)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0.19, (0, 0.2, 0.05)),
        (0.9439, 0.9962, (0.94, 1.0, 0.02)),
        (0, 7, (0, 8, 2)),
        (3, 3, (3, 4, 1)),
        (0, 0, (0, 0.2, 0.2)),
    ],
)
def test_axes_end_and_step_on_round_numbers_around_the_values(low, high, expected):
    bottom, top, step = nice_range(low, high)
    assert bottom <= low
    assert top >= high
    assert (top - bottom) / step == pytest.approx(round((top - bottom) / step))
    if high > low:
        assert (bottom, top, step) == pytest.approx(expected)


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
    assert [tick.text for tick in loss.x_ticks] == ["1", "2", "3"]
    assert accuracy.y_ticks[-1].text == "100 %"
    assert _heights(accuracy.lines[0])[-1] == accuracy.y_ticks[-1].at


def test_one_epoch_and_a_hundred_are_drawn():
    for epochs in (1, 100):
        history = [{"epoch": epoch + 1, "loss": 0.3, "accuracy": 0.9} for epoch in range(epochs)]
        for chart in training_charts(history):
            assert all(chart.left <= tick.at <= chart.right for tick in chart.x_ticks)
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
    at = {tick.text: tick.at for tick in chart.x_ticks}
    up = {tick.text: tick.at for tick in chart.y_ticks}
    assert (x - at["0 %"]) / (at["100 %"] - at["0 %"]) == pytest.approx(0.75, abs=0.001)
    assert (y - up["0 %"]) / (up["100 %"] - up["0 %"]) == pytest.approx(0.75, abs=0.001)
    assert "0.00 points apart" in chart.says
    assert chart.rows[0][1:] == ("75.0\u00a0%", "75.0\u00a0%", "4")


def test_coverage_names_the_error_of_the_surest():
    confidence = np.linspace(0.5, 1, 100)
    chart = coverage_chart(risk_coverage_curve(confidence, np.arange(100) >= 10))
    assert chart.says == (
        "Who answers only the surest 90 % of the images errs in 0.00\u00a0% of them; who answers all errs in "
        "10.00\u00a0%."
    )
    assert dict(chart.rows)["100 %"] == "10.00\u00a0%"


def test_without_an_error_the_coverage_is_still_drawn():
    chart = coverage_chart(risk_coverage_curve(np.array([0.9, 0.8]), np.array([True, True])))
    assert len({tick.at for tick in chart.y_ticks}) == len(chart.y_ticks) > 1
