"""How well a page was read: which digits and whole numbers are right, and what was read that is not there."""

from collections import Counter

import numpy as np


def score(page, reading):
    """Counts of digits, digits_right, numbers, numbers_right, false_digits, unknown.

    Each written number is compared with what was found around its middle; digits are right as far as the two
    texts agree after the least edits (Levenshtein 1966). A digit that is marked unknown is not right; found
    digits that belong to no written number, or are too many for theirs, are false.
    """
    counts = Counter()
    found = list(reading.numbers)
    middles = np.array([np.mean(number.box, axis=0) for number in found]).reshape(-1, 2)
    taken = set()
    for written in page.numbers:
        counts["digits"] += len(written.text)
        counts["numbers"] += 1
        away = np.linalg.norm(middles - written.middle, axis=1) if len(found) else np.empty(0)
        nearest = [at for at in np.argsort(away) if at not in taken and _covers(found[at], written.middle)]
        if not nearest:
            continue
        taken.add(nearest[0])
        text = found[nearest[0]].text
        right, extra = _agreement(written.text, text)
        counts["digits_right"] += right
        counts["numbers_right"] += text == written.text
        counts["false_digits"] += extra
        counts["unknown"] += text.count("?")
    for at, number in enumerate(found):
        if at not in taken:
            counts["false_digits"] += sum(digit.status == "ok" for digit in number.digits)
    return counts


def _covers(number, middle):
    """Whether a point lies in a number's box, its digits' height more on every side."""
    corners = np.array(number.box)
    tall = np.linalg.norm(corners[3] - corners[0])
    across, along = corners[1] - corners[0], corners[3] - corners[0]
    from_corner = np.array(middle) - corners[0]
    x, y = from_corner @ across / np.linalg.norm(across), from_corner @ along / np.linalg.norm(along)
    return -0.5 * tall <= x <= np.linalg.norm(across) + 0.5 * tall and -0.3 * tall <= y <= 1.3 * tall


def _agreement(truth, text):
    """(digits that agree, digits too many) by the least edits."""
    best = {(0, 0): (0, 0, 0)}  # cost, agreeing, extra
    for i in range(len(truth) + 1):
        for j in range(len(text) + 1):
            ways = [best[0, 0]] if i == j == 0 else []
            if i and j:
                cost, right, extra = best[i - 1, j - 1]
                same = truth[i - 1] == text[j - 1]
                ways.append((cost + (not same), right + same, extra))
            if i:
                cost, right, extra = best[i - 1, j]
                ways.append((cost + 1, right, extra))
            if j:
                cost, right, extra = best[i, j - 1]
                ways.append((cost + 1, right, extra + 1))
            best[i, j] = min(ways, key=lambda way: (way[0], -way[1]))
    return best[len(truth), len(text)][1:]
