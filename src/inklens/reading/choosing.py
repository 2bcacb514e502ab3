"""Which pieces are digits, and of how many: the network's probabilities for a whole number at a time."""

from __future__ import annotations

import numpy as np

from inklens.reading.splitting import Part, Way

# Evidence in nats that ink is a digit rather than a letter or a doodle, by the network's probability: 1.8 at
# 99.9 %, 0.2 at 99 %, not below an odd digit's. Chosen on generated pages with MNIST's validation digits.
_SLOPE, _OFFSET = 1.6, -3.0  # in -log10(1 - probability)
_SUREST, _LEAST = 0.9995, -2.3
_STROKE, _CUT_STROKE = 0.5, -0.5  # nats for a 1 at most, and for a 1 or 7 that was cut out
_CLEAR = 2.0  # nats from which a chain is clearly one or the other, and speaks for its page
_DROPPED = 4.0  # nats for leaving a piece out where the number of digits is known


def likeliest(options: list[dict[int, Way]]) -> list[Part]:
    """The digits of one chain, were it a number.

    Args:
        options: for each piece from left to right, its ways to be read.
    """
    return [part for each in options for part in min(each.values(), key=lambda way: way.cost).parts]


def choose(chains: list[list[Part]]) -> list[list[Part]]:
    """The chains that are numbers; words and drawings come out empty.

    Even a network that was shown strangers takes some letters for digits, but rarely all of a word: the
    evidence of a chain's digits is summed up. What the page's clear chains are tells what to expect of the
    others (empirical Bayes).

    Args:
        chains: the parts of each chain, from left to right.
    """
    evidence = np.array([_evidence(parts) for parts in chains])
    several = np.array([len(parts) > 1 for parts in chains], np.bool_)
    numbers, words = (several & (evidence > _CLEAR)).sum(), (evidence < -_CLEAR).sum()
    # Whoever asks for numbers mostly has some; clear words and not one clear number say otherwise.
    odds = (numbers + 2) / (words + 0.5) if numbers else 2 / (0.3 * words**2 + 0.5)
    expected = float(np.clip(np.log(odds), -0.8 if numbers else -4.0, 2.0))
    return [parts if sure + expected > 0 else [] for parts, sure in zip(chains, evidence, strict=True)]


def _evidence(parts: list[Part]) -> float:
    """Nats for a number, against a word or a drawing."""
    unsure = 1 - np.array([min(part.probability, _SUREST) for part in parts])
    each = np.maximum(-_SLOPE * np.log10(unsure) + _OFFSET, _LEAST)
    each[[part.status != "ok" for part in parts]] = _LEAST
    return float(np.minimum(each, [_limit(part) for part in parts]).sum())


def _limit(part: Part) -> float:
    """Of the evidence: many letters are, or can be cut into, plain strokes, which look like a 1 or 7."""
    if part.cut and part.label in ("1", "7"):
        return _CUT_STROKE
    return _STROKE if part.label == "1" else np.inf


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
