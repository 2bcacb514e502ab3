"""Which pieces are digits, and of how many: the network's probabilities for a whole number at a time."""

from __future__ import annotations

from inklens.reading.splitting import Part, Way

_SURE = 0.8  # probability; below it a digit counts as doubtful
_DOUBTFUL = 1 / 3  # of a number's digits: with more of them it is a word or a drawing
_LONE = 0.97  # probability of a digit that stands alone, with no neighbours to vouch for it
_DROPPED = 4.0  # nats for leaving a piece out where the number of digits is known


def choose(options: list[dict[int, Way]], lone: float = _LONE) -> list[Part]:
    """The digits of one number; none where it is more likely a word or a drawing.

    Args:
        options: for each piece from left to right, its ways to be read.
        lone: the least probability of a digit that stands alone.
    """
    parts = [part for each in options for part in min(each.values(), key=lambda way: way.cost).parts]
    doubtful = sum(part.status != "ok" or part.probability < _SURE for part in parts)
    if len(parts) == 1:
        return parts if parts[0].status == "ok" and parts[0].probability >= lone else []
    return parts if doubtful <= _DOUBTFUL * len(parts) else []


def choose_exactly(choices: list[list[dict[int, Way]]], count: int) -> list[list[Part]]:
    """The one number that is most probably the one of `count` digits; the others come out empty."""
    found = [_exactly(options, count) for options in choices]
    fitting = [way for way in found if way is not None]
    return [list(min(fitting, key=lambda way: way.cost).parts)] if fitting else []


def _exactly(options: list[dict[int, Way]], count: int) -> Way | None:
    """The cheapest reading of a chain as `count` digits; pieces may be left out, at a price."""
    best: dict[int, Way] = {0: Way((), 0.0)}
    for each in options:
        after: dict[int, Way] = {}
        for sum_before, before in best.items():
            for more, way in [(0, Way((), _DROPPED)), *each.items()]:
                total, cost = sum_before + more, before.cost + way.cost
                if total <= count and (total not in after or cost < after[total].cost):
                    after[total] = Way((*before.parts, *way.parts), cost)
        best = after
    return best.get(count)
