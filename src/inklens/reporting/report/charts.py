"""Charts as numbers: where every line, tick and point lies. The template draws them as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inklens.evaluation import Reliability, RiskCoverageCurve
from inklens.reporting.report.wording import DASH, TO, share

WIDTH, HEIGHT = 420.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 14.0, 12.0, 40.0
_MOST_MARKERS = 40

History = Sequence[Mapping[str, float | None]]
Point = tuple[float, float]


@dataclass(frozen=True)
class Tick:
    """A label and where it stands along its axis, in the chart's units."""

    at: float
    text: str


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
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
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

    def path(self, points: Sequence[Point]) -> str:
        return "M" + "L".join(f"{self.x(x):g} {self.y(y):g}" for x, y in points) if points else ""


def training_charts(history: History) -> tuple[Chart, ...]:
    """Loss and accuracy over the epochs, of training and of validation where there is one."""
    return _over_epochs(history, "loss"), _over_epochs(history, "accuracy")


def _over_epochs(history: History, measure: str) -> Chart:
    epochs = [int(entry["epoch"] or 0) for entry in history]
    series = {
        name: _finite(epochs, [entry.get(prefix + measure) for entry in history])
        for name, prefix in (("training", ""), ("validation", "val_"))
    }
    series = {name: points for name, points in series.items() if points}
    values = [value for points in series.values() for _, value in points] or [0.0, 1.0]
    as_share = measure == "accuracy"
    low, high, step = nice_range(0 if not as_share else min(values), max(values))
    if as_share:
        high = min(high, 1.0)
        low = max(low, 0.0)
    margin = 0.5 if len(epochs) == 1 else 0
    scale = _Scale(epochs[0] - margin, epochs[-1] + margin, low, high)

    def written(value: float) -> str:
        return _share_tick(value, step) if as_share else f"{value:g}"

    def exact(value: float) -> str:
        return share(value) if as_share else f"{value:.4f}"

    marked = len(epochs) <= _MOST_MARKERS
    lines = tuple(
        Line(
            name,
            name,
            scale.path(points),
            tuple((scale.x(x), scale.y(y), 4.0) for x, y in points) if marked else (),
        )
        for name, points in series.items()
    )
    by_epoch = {name: dict(points) for name, points in series.items()}
    return Chart(
        title=measure.capitalize(),
        says=_course(measure, series, exact),
        x_label="epoch",
        x_ticks=tuple(Tick(scale.x(at), f"{at:g}") for at in _whole_ticks(epochs[0], epochs[-1])),
        y_ticks=tuple(Tick(scale.y(at), written(at)) for at in _ticks(low, high, step)),
        lines=lines,
        header=("epoch", *series),
        rows=tuple(
            (f"{epoch}", *(exact(points[epoch]) if epoch in points else DASH for points in by_epoch.values()))
            for epoch in epochs
        ),
    )


def _course(measure: str, series: Mapping[str, Sequence[Point]], exact: Callable[[float], str]) -> str:
    if series and all(len(points) == 1 for points in series.values()):
        only = (f"{name} {measure} {exact(points[0][1])}" for name, points in series.items())
        return f"After one epoch: {', '.join(only)}."
    said = [
        f"{name} {measure} from {exact(points[0][1])} to {exact(points[-1][1])}"
        for name, points in series.items()
    ]
    return f"{measure.capitalize()} over the epochs: {', '.join(said) or 'no finite value'}."


def reliability_chart(curve: Reliability) -> Chart:
    """Accuracy over confidence; on the diagonal, confidence says exactly how often it is right."""
    scale = _Scale(0, 1, 0, 1)
    filled = [
        (float(confidence), float(accuracy), int(count), float(low), float(high))
        for confidence, accuracy, count, low, high in zip(
            curve.mean_confidence, curve.accuracy, curve.count, curve.lower, curve.upper, strict=True
        )
        if count
    ]
    most = max(count for *_, count, _, _ in filled)
    points = [(confidence, accuracy) for confidence, accuracy, *_ in filled]
    radii = [3 + 6 * math.sqrt(count / most) for *_, count, _, _ in filled]
    return Chart(
        title="Reliability",
        says=f"Accuracy over confidence in {len(filled)} groups; {most:,} of the "
        f"{sum(count for *_, count, _, _ in filled):,} images are in the largest. "
        f"On average the two are {100 * curve.calibration_error:.2f} points apart.",
        x_label="confidence",
        x_ticks=tuple(Tick(scale.x(at / 5), f"{20 * at} %") for at in range(6)),
        y_ticks=tuple(Tick(scale.y(at / 5), f"{20 * at} %") for at in range(6)),
        lines=(
            Line("as sure as it should be", "ideal", scale.path([(0, 0), (1, 1)])),
            Line(
                "accuracy (a larger point is more images)",
                "training",
                scale.path(points),
                tuple((scale.x(x), scale.y(y), round(r, 1)) for (x, y), r in zip(points, radii, strict=True)),
            ),
        ),
        header=("confidence", "mean", "accuracy", "images"),
        rows=tuple(
            (f"{100 * low:.0f}{TO}{100 * high:.0f} %", share(confidence, 1), share(accuracy, 1), f"{count:,}")
            for confidence, accuracy, count, low, high in filled
        ),
    )


def coverage_chart(coverage: RiskCoverageCurve) -> Chart:
    """The error among the images that the network is surest of, over how many that are."""
    curve = coverage.to_dict()
    points: list[Point] = list(zip(curve["coverage"], curve["error"], strict=True))
    low, high, step = nice_range(0, max(error for _, error in points) or 0.01)
    scale = _Scale(0, 1, low, high)
    shown = [
        (f"{wanted:.0%}".replace("%", " %"), share(coverage.error_at(wanted)))
        for wanted in (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
    ]
    return Chart(
        title="Error against coverage",
        says=f"Who answers only the surest 90 % of the images errs in {share(coverage.error_at(0.9))} of "
        f"them; who answers all errs in {share(coverage.error_at(1.0))}.",
        x_label="share of images answered, the surest first",
        x_ticks=tuple(Tick(scale.x(at / 5), f"{20 * at} %") for at in range(6)),
        y_ticks=tuple(Tick(scale.y(at), _share_tick(at, step)) for at in _ticks(low, high, step)),
        lines=(Line("error among them", "validation", scale.path(points)),),
        header=("answered", "error"),
        rows=tuple(shown),
    )


def nice_range(low: float, high: float, ticks: int = 5) -> tuple[float, float, float]:
    """Round ends around two values, and a step of 1, 2 or 5 times a power of ten between them."""
    spread = high - low or abs(high) or 1.0
    rough = spread / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    bottom = math.floor(low / step + 1e-9) * step
    top = math.ceil(high / step - 1e-9) * step
    return bottom, top if top > bottom else bottom + step, step


def _ticks(low: float, high: float, step: float) -> list[float]:
    return [low + step * index for index in range(round((high - low) / step) + 1)]


def _whole_ticks(first: int, last: int, most: int = 8) -> list[int]:
    steps = (factor * 10**power for power in range(9) for factor in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step < most)
    return sorted(
        {first, *range(-(-first // step) * step, last + 1, step)}
        if step == 1
        else range(-(-first // step) * step, last + 1, step)
    )


def _share_tick(value: float, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step * 100) + 1e-9))
    return f"{100 * value:.{digits}f} %"


def _finite(epochs: Sequence[int], values: Sequence[float | None]) -> list[Point]:
    return [
        (epoch, value)
        for epoch, value in zip(epochs, values, strict=True)
        if value is not None and math.isfinite(value)
    ]
