"""Files with a few bytes wrong, as an accident or a malicious hand makes them."""

import numpy as np


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """A few bytes changed, cut out, doubled or moved, or the end lost."""
    mutant = bytearray(content)
    for _ in range(random.integers(1, 4)):
        start, other = (int(place) for place in random.integers(0, len(mutant), 2))
        piece = mutant[start : start + int(random.integers(1, 9))]
        match random.integers(0, 6):
            case 0 | 1:
                mutant[start] = random.integers(0, 256)
            case 2:
                mutant[start] ^= 1 << random.integers(0, 8)
            case 3:
                del mutant[start : start + len(piece)]
            case 4:
                mutant[other:other] = piece
            case 5:
                mutant[other : other + len(piece)] = piece
    return bytes(mutant[: random.integers(1, len(mutant))] if random.random() < 0.05 else mutant)
