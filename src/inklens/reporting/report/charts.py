"""Charts as numbers: where every line, tick and point lies. The template draws them as inline SVG."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inklens.evaluation import Reliability, RiskCoverageCurve
from inklens.reporting.report.wording import DASH, TO, share
from inklens.reporting.style import percent_tick, tick_locator

WIDTH, HEIGHT = 420.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 14.0, 12.0, 40.0
_MOST_MARKERS = 40
_SHARES = [at / 5 for at in range(6)]

History = Sequence[Mapping[str, float | None]]
Point = tuple[float, float]
Ticks = tuple[tuple[float, str], ...]  # where each stands along its axis, in the chart's units, and its label


@dataclass(frozen=True)
class Line:
    """A series, ready to draw.

    Args:
        name: for the legend.
        kind: "training", "validation" or "ideal": what it looks like.
        path: the `d` of an SVG path.
        points: x, y and radius of each marker; empty where there would be too many.
    """

    name: str
    kind: str
    path: str
    points: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart, and what it says in words and as a table."""

    title: str
    says: str
    x_label: str
    x_ticks: Ticks
    y_ticks: Ticks
    lines: tuple[Line, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    bottom: float = HEIGHT - _BOTTOM


@dataclass(frozen=True)
class _Scale:
    """From values to the chart's units."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        return round(_LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        span = HEIGHT - _TOP - _BOTTOM
        return round(HEIGHT - _BOTTOM - (value - self.y_low) / (self.y_high - self.y_low) * span, 1)

    def line(self, name: str, kind: str, points: Sequence[Point], radii: Sequence[float] = ()) -> Line:
        places = [(self.x(x), self.y(y)) for x, y in points]
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
        markers = tuple((*place, radius) for place, radius in zip(places, radii, strict=False))
        return Line(name, kind, path, markers)


def training_charts(history: History) -> tuple[Chart, ...]:
    """Loss and accuracy over the epochs, of training and of validation where there is one."""
    return _over_epochs(history, "loss"), _over_epochs(history, "accuracy")


def _over_epochs(history: History, measure: str) -> Chart:
    epochs = [int(entry["epoch"] or 0) for entry in history]
    series: dict[str, dict[int, float]] = {}
    for name, prefix in (("training", ""), ("validation", "val_")):
        values = zip(epochs, (entry.get(prefix + measure) for entry in history), strict=True)
        points = {epoch: value for epoch, value in values if value is not None and math.isfinite(value)}
        if points:
            series[name] = points
    every = [value for points in series.values() for value in points.values()] or [0.0, 1.0]
    as_share = measure == "accuracy"
    ticks = _ticks_around(min(*every, 0.999) if as_share else 0, max(every))
    if as_share:
        ticks = [tick for tick in ticks if round(tick, 9) <= 1]
    margin = 0.5 if len(epochs) == 1 else 0
    scale = _Scale(epochs[0] - margin, epochs[-1] + margin, ticks[0], ticks[-1])
    radii = [4.0] * len(epochs) if len(epochs) <= _MOST_MARKERS else []

    def exact(value: float) -> str:
        return share(value) if as_share else f"{value:.4f}"

    whole = tick_locator(7, integer=True, min_n_ticks=1).tick_values(epochs[0], epochs[-1])
    return Chart(
        title=measure.capitalize(),
        says=_course(measure, {name: list(points.values()) for name, points in series.items()}, exact),
        x_label="epoch",
        x_ticks=tuple((scale.x(at), f"{at:g}") for at in whole if epochs[0] <= at <= epochs[-1]),
        y_ticks=tuple((scale.y(at), percent_tick(at) if as_share else f"{at:g}") for at in ticks),
        lines=tuple(scale.line(name, name, [*points.items()], radii) for name, points in series.items()),
        header=("epoch", *series),
        rows=tuple(
            (f"{epoch}", *(exact(points[epoch]) if epoch in points else DASH for points in series.values()))
            for epoch in epochs
        ),
    )


def _course(measure: str, series: Mapping[str, Sequence[float]], exact: Callable[[float], str]) -> str:
    if series and all(len(values) == 1 for values in series.values()):
        only = (f"{name} {measure} {exact(values[0])}" for name, values in series.items())
        return f"After one epoch: {', '.join(only)}."
    said = [f"{name} {measure} from {exact(all_[0])} to {exact(all_[-1])}" for name, all_ in series.items()]
    return f"{measure.capitalize()} over the epochs: {', '.join(said) or 'no finite value'}."


def reliability_chart(curve: Reliability) -> Chart:
    """Accuracy over confidence; on the diagonal, confidence says exactly how often it is right."""
    scale = _Scale(0, 1, 0, 1)
    columns = (curve.mean_confidence, curve.accuracy, curve.count, curve.lower, curve.upper)
    filled = [bin_ for bin_ in zip(*(column.tolist() for column in columns), strict=True) if bin_[2]]
    counts = [count for _, _, count, *_ in filled]
    radii = [round(3 + 6 * math.sqrt(count / max(counts)), 1) for count in counts]
    points = [(confidence, accuracy) for confidence, accuracy, *_ in filled]
    return Chart(
        title="Reliability",
        says=f"Accuracy over confidence in {len(filled)} groups; {max(counts):,} of the {sum(counts):,} "
        f"images are in the largest. On average the two are "
        f"{100 * curve.calibration_error:.2f} points apart.",
        x_label="confidence",
        x_ticks=tuple((scale.x(at), percent_tick(at)) for at in _SHARES),
        y_ticks=tuple((scale.y(at), percent_tick(at)) for at in _SHARES),
        lines=(
            scale.line("as sure as it should be", "ideal", [(0, 0), (1, 1)]),
            scale.line("accuracy (a larger point is more images)", "training", points, radii),
        ),
        header=("confidence", "mean", "accuracy", "images"),
        rows=tuple(
            (f"{100 * low:.0f}{TO}{100 * high:.0f}%", share(confidence, 1), share(accuracy, 1), f"{count:,}")
            for confidence, accuracy, count, low, high in filled
        ),
    )


def coverage_chart(coverage: RiskCoverageCurve) -> Chart:
    """The error among the images that the network is surest of, over how many that are."""
    curve = coverage.to_dict()
    ticks = _ticks_around(0, max(curve["error"]) or 0.01)
    scale = _Scale(0, 1, ticks[0], ticks[-1])
    told = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
    return Chart(
        title="Error against coverage",
        says=f"Who answers only the surest 90% of the images errs in {share(coverage.error_at(0.9))} of "
        f"them; who answers all errs in {share(coverage.error_at(1.0))}.",
        x_label="share of images answered, the surest first",
        x_ticks=tuple((scale.x(at), percent_tick(at)) for at in _SHARES),
        y_ticks=tuple((scale.y(at), percent_tick(at)) for at in ticks),
        lines=(
            scale.line(
                "error among them", "validation", [*zip(curve["coverage"], curve["error"], strict=True)]
            ),
        ),
        header=("answered", "error"),
        rows=tuple((percent_tick(wanted), share(coverage.error_at(wanted))) for wanted in told),
    )


def _ticks_around(low: float, high: float) -> list[float]:
    """Round values, the first and the last of them around two values."""
    spread = high - low or abs(high) or 1.0
    return list(map(float, tick_locator(5).tick_values(low, low + spread)))
