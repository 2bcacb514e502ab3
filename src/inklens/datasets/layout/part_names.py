"""How folders, files and columns are called that hold a part of a data set. Standard library only."""

import re

PARTS = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "t10k": "test",
    "privatetest": "test",
    "holdout": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "publictest": "validation",
    "dev": "validation",
    "eval": "evaluation",
    "evaluation": "evaluation",
}
_WORD = re.compile(rf"({'|'.join(PARTS)})(set|data|ing)?")
_UNLABELLED = {"pred", "predict", "prediction", "unlabeled", "unlabelled", "unknown", "inference"}
_PLAIN = {"train", "test", "val", "valid", "validation", "training", "testing"}


def words(name: str) -> list[str]:
    """ "trainingSet", "seg_train" and "x_train" as their words in lower case; numbers are left out."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("t10k", "test")
    return re.findall(r"[^\W\d_]+", spaced)


def part_word(word: str) -> str | None:
    """Which part one word in lower case means: train, test, validation or evaluation; None for no part."""
    match = _WORD.fullmatch(word)
    return PARTS[match[1]] if match else None


def part_of(name: str) -> str | None:
    """Which part a folder, file or column of this name holds: its one word that means a part.

    Example:
        >>> part_of("trainingSet"), part_of("seg_test"), part_of("cat")
        ('train', 'test', None)
    """
    if whole := part_word(name.strip().lower()):
        return whole
    found = {part for word in words(name) if (part := part_word(word))}
    return found.pop() if len(found) == 1 else None


def is_plain(name: str) -> bool:
    """Whether a part's name is one that needs no word of explanation."""
    return name.lower() in _PLAIN


def is_unlabelled(name: str) -> bool:
    """Whether a folder of this name holds images that nobody has labelled."""
    return bool(_UNLABELLED & set(words(name)))


def settled(parts: set[str]) -> dict[str, str]:
    """What each part found is used as: "evaluation" is the test part where there is no other."""
    spare = "validation" if "test" in parts else "test"
    return {part: spare if part == "evaluation" else part for part in parts}
