"""Reads the lines of a page: pieces, digits, marks, chains, numbers. Each step is a module of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.pixels import is_noise
from inklens.reading import stage_pictures
from inklens.reading.numbers.chains import alone_in_boxes, find_chains
from inklens.reading.numbers.marks import MarkPiece, find_marks, joined_by_marks, marks_of
from inklens.reading.numbers.selection import best_digits, select_number_of, select_numbers
from inklens.reading.numbers.text_lines import group_into_lines, skew_angles
from inklens.reading.paper.masks import stroke_mask
from inklens.reading.paper.photo import Page
from inklens.reading.paper.ruling import Ruling, find_ruling, without_ruling
from inklens.reading.paper.turned_page import turned_page
from inklens.reading.pieces.components import find_pieces, is_dust
from inklens.reading.pieces.fragments import FRAGMENTS, join_fragments
from inklens.reading.pieces.hypotheses import DigitHypothesis, classify
from inklens.reading.pieces.page_sizes import reasons_by_size
from inklens.reading.pieces.piece import Piece
from inklens.reading.pieces.segmentation import find_segmentations
from inklens.reading.pieces.turns import best_turn
from inklens.reading.placing import number_of
from inklens.reading.reading import Reading

Show = Callable[[str, Callable[[], NDArray[np.uint8]]], None]

MARKS, WORDS, DESK = "marks", "words, drawings and other writing", "on the desk"


@dataclass(frozen=True)
class LineOptions:
    """What is known of a page: see `inklens.read`."""

    expect: int | None = None
    separate: bool = False
    marks: bool = False


def read_lines(
    page: Page, ruling: Ruling, classifier: Classifier, options: LineOptions, show: Show
) -> Reading:
    """The numbers of a page in reading order; a page on its side is turned upright."""
    ink = without_ruling(page.ink, ruling)
    mask = stroke_mask(ink)
    pieces = find_pieces(ink, mask, points=options.expect is None)
    digits = classify(pieces, classifier)
    turn = best_turn(digits, classifier) if type(page) is Page else 0
    if turn:
        page = turned_page(page, turn)
        return read_lines(page, find_ruling(page.ink, page.region), classifier, options, show)
    show("1-as-given", lambda: page.grey[..., None])
    show("2-ink", lambda: stage_pictures.ink_picture(page.ink))
    show("3-without-ruling", lambda: stage_pictures.ink_picture(ink))
    show("4-pieces", lambda: stage_pictures.pieces_picture(page.grey.shape, pieces))
    left_out: Counter[str] = Counter({DESK: page.on_desk})
    marks: list[MarkPiece] = []
    if options.expect is None:
        reasons = reasons_by_size(digits, page.grey.shape)
        left_out.update(reason for reason in reasons if reason)
        digits = [digit for digit, reason in zip(digits, reasons, strict=True) if not reason]
        digits, marks = find_marks(digits)
        dust = is_dust([digit.piece for digit in digits], ink, mask)
        large = [digit for digit, small in zip(digits, dust, strict=True) if not small]
        left_out[FRAGMENTS] += len(digits) - len(large)
        digits = large
        left_out[MARKS] += len(marks)
    whole = join_fragments(digits, classifier, keep=options.expect is not None)
    left_out[FRAGMENTS] += len(digits) - len(whole)
    linked = find_chains(_pieces(whole), ruling.cells, separate=options.separate)
    boxed = alone_in_boxes(_pieces(whole), ruling.cells) & (not ruling.squared)
    chains = _deskewed([[whole[index] for index in members] for members in linked], classifier)
    numbers = _numbers(chains, [boxed[members].tolist() for members in linked], classifier, options.expect)
    if options.expect is None:
        read = sum(len(chain) for chain, number in zip(chains, numbers, strict=True) if number)
    else:  # one number of all chains
        read = sum(map(len, numbers))
    left_out[WORDS] += max(0, len(whole) - read)
    show("5-digits", lambda: stage_pictures.digits_picture([digit for number in numbers for digit in number]))
    return _reading(page, [number for number in numbers if number], marks, +left_out, options)


def _numbers(
    chains: list[list[DigitHypothesis]], boxed: list[list[bool]], classifier: Classifier, expect: int | None
) -> list[list[DigitHypothesis]]:
    """The digits of each chain that is a number; none for another.

    Args:
        boxed: of each piece, whether it is alone in a printed box: then it is one digit.
    """
    every = [digit for chain in chains for digit in chain]
    found = iter(find_segmentations(every, classifier, cut_all=expect is not None))
    options = [
        [{1: cuts[1]} if alone else cuts for alone, cuts in zip(of_chain, found, strict=False)]
        for of_chain in boxed
    ]
    if expect is not None:
        return select_number_of(expect, options)
    # With `max_error`, "unknown" is the network's own answer, whatever the context.
    in_context = classifier.metadata.thresholds.max_error is None
    digits = [best_digits(of_chain) for of_chain in options]
    return select_numbers(digits, in_boxes=[all(each) for each in boxed], use_context=in_context)


def _deskewed(chains: list[list[DigitHypothesis]], classifier: Classifier) -> list[list[DigitHypothesis]]:
    """The chains; those with a skew are turned level and classified again, all in one batch."""
    skews = skew_angles([_pieces(digits) for digits in chains])
    turned = [
        digit.piece.deskewed(skew)
        for digits, skew in zip(chains, skews, strict=True)
        if skew
        for digit in digits
    ]
    again = iter(classify(turned, classifier))
    return [
        [next(again) for _ in digits] if skew else digits for digits, skew in zip(chains, skews, strict=True)
    ]


def _pieces(digits: list[DigitHypothesis]) -> list[Piece]:
    return [digit.piece for digit in digits]


def _reading(
    page: Page,
    numbers: list[list[DigitHypothesis]],
    marks: list[MarkPiece],
    left_out: Counter[str],
    options: LineOptions,
) -> Reading:
    grouped = group_into_lines([_pieces(digits) for digits in numbers])
    lines = [[numbers[index] for index in members] for members in grouped]
    if options.marks:
        lines = [joined_by_marks(line, marks) for line in lines]
    found = [
        number_of(page, number, place, marks=marks_of(number, marks) if options.marks else [])
        for place, line in enumerate(lines)
        for number in line
    ]
    reason = ""
    if not page.has_ink:
        reason = (
            "no writing: the picture shows noise or a texture"
            if is_noise(page.picture[..., page.picture.shape[2] // 2])
            else "no ink: nothing stands out from the paper"
        )
    elif not found:
        pieces = left_out.total() - left_out[DESK]
        reason = f"no digits: {pieces:,} pieces of ink look like words, drawings or dust"
    return Reading(tuple(found), page.picture, page.size, reason, left_out=dict(left_out))
