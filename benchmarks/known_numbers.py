"""The seven photographed numbers of INKLENS_DATA, and how many digits of one were read."""

KNOWN_NUMBERS = {
    "img-20210114-124240.png": "237845",
    "img-20210114-124351.png": "19624",
    "img-20210114-124510.png": "99999",
    "img-20210114-125102.png": "9987",
    "img-20210114-125339.png": "197",
    "img-20210114-125513.png": "1717",
    "student_info_num.jpg": "0001250981",
}


def matching_digits(truth: str, read: str) -> int:
    """How many digits stay where they are when `truth` is edited into `read` in the fewest steps.

    Levenshtein (1966); where several ways take as few steps, the one that keeps most digits.
    """
    best = [(column, 0) for column in range(len(read) + 1)]  # (edits, minus the digits kept)
    for row, wanted in enumerate(truth, 1):
        above, best = best, [(row, 0)]
        for column, found in enumerate(read, 1):
            same = wanted == found
            edits, kept = above[column - 1]
            best.append(
                min(
                    (edits + (not same), kept - same),
                    (above[column][0] + 1, above[column][1]),
                    (best[-1][0] + 1, best[-1][1]),
                )
            )
    return -best[-1][1]
