"""Which pieces are digits, and of how many: the network's probabilities for a whole number at a time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inklens.reading.pieces.splitting import Part, Way

# Evidence in nats that ink is a digit rather than a letter or a doodle, by the network's probability: 1.8 at
# 99.9 %, 0.2 at 99 %, not below an odd digit's. Chosen on generated pages with MNIST's validation digits.
_SLOPE, _OFFSET = 1.6, -3.0  # in -log10(1 - probability)
_SUREST, _LEAST = 0.9995, -2.3
_STROKE, _CUT_STROKE = 0.5, -0.5  # nats for a 1 at most, and for a 1 or 7 that was cut out
_CLEAR = 2.0  # nats from which a chain is clearly one or the other, and speaks for its page
_FAIRLY_SURE = 0.5  # probability: this digit rather than not
_AMONG_DIGITS = 3.0  # nats at most that ink amid a number is a digit: once in twenty it is a comma or a blot
_DROPPED = 4.0  # nats for leaving a piece out where the number of digits is known


def likeliest(options: list[dict[int, Way]]) -> list[Part]:
    """The digits of one chain, were it a number.

    Args:
        options: for each piece from left to right, its ways to be read.
    """
    return [part for each in options for part in min(each.values(), key=lambda way: way.cost).parts]


def choose(chains: list[list[Part]], *, vouch: bool = True) -> list[list[Part]]:
    """The chains that are numbers; words and drawings come out empty.

    Even who was shown strangers takes some letters for digits, but rarely all of a word: the
    evidence of a chain's digits is summed up. What the page's clear chains are tells what to expect of the
    others (empirical Bayes).

    Args:
        chains: the parts of each chain, from left to right.
        vouch: that a piece of a number is a digit at all its neighbours say, and it is more probable for it:
            one that the network alone would call unknown is "ok" where it is then fairly sure which digit.
    """
    evidence = np.array([_evidence(parts) for parts in chains])
    several = np.array([len(parts) > 1 for parts in chains], np.bool_)
    # By the others: a chain is no reason to expect itself.
    numbers, words = _others(several & (evidence > _CLEAR)), _others(evidence < -_CLEAR)
    # Whoever asks for numbers mostly has some; clear words and not one clear number say otherwise.
    beside = np.clip(np.log((numbers + 1) / (words + 0.5)), -0.8, 2.0)
    alone = np.clip(np.log(2 / (0.5 * words**2 + 0.5)), -4.0, 2.0)
    expected = np.where(numbers > 0, beside, alone)
    odds = evidence + expected
    chosen = [parts if each > 0 else [] for parts, each in zip(chains, odds, strict=True)]
    if not vouch:
        return chosen
    return [
        [_vouched_for(part, each - _LEAST, clear) for part in parts]
        for parts, each, clear in zip(chosen, odds.tolist(), (evidence > _CLEAR).tolist(), strict=True)
    ]


def _vouched_for(part: Part, others: float, clear: bool) -> Part:
    """The part as it is among others, that are a number by so many nats, or by themselves clearly one."""
    has_ood_detector = (
        part.known < 1
    )  # else only the network's own doubt made it unknown, and that takes more
    if part.status != "unknown" or not (has_ood_detector or clear):
        return part
    among = math.exp(min(_AMONG_DIGITS, others))
    vouched = replace(part, known=part.known * among / (part.known * among + 1 - part.known), status="ok")
    return vouched if vouched.probability >= _FAIRLY_SURE else part


def _others(these: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each chain, how many of the others are among these."""
    return np.asarray(these.sum() - these, np.int64)


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
