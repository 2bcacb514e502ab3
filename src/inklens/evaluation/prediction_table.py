"""The rows of predictions.csv."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.evaluation.evaluation import checked

_MANY = 100  # classes, of each of which a row has the probability; of more, the file would be large
_MOST = 5  # classes that a row has then
_FIRST = ["index", "actual", "predicted", "probability", "correct"]


def prediction_columns(class_names: Sequence[str]) -> list[str]:
    """The header: index, actual, predicted, probability (of the predicted class), correct (1 or 0, so that
    their mean is the accuracy) and p_<class> for every class.

    Of more than 100 classes the last are actual_probability, and top_1, top_1_probability and so on of the 5
    most probable classes.
    """
    if len(class_names) <= _MANY:
        return [*_FIRST, *(f"p_{name}" for name in class_names)]
    most = (
        column for place in range(1, _MOST + 1) for column in (f"top_{place}", f"top_{place}_probability")
    )
    return [*_FIRST, "actual_probability", *most]


def prediction_rows(
    probabilities: ArrayLike, labels: ArrayLike, class_names: Sequence[str]
) -> tuple[list[str], Iterator[list[str | int]]]:
    """Returns header and rows, one per image: `run.write_csv(run.predictions, *prediction_rows(...))`.

    Args:
        probabilities: float (N, C), each row in [0, 1] with a sum of 1.
        labels: int (N,), 0 to C - 1.
        class_names: C names; see `prediction_columns`.

    Raises:
        DataError: the arrays do not fit each other; see `evaluate`.
    """
    p, y = checked(probabilities, labels, class_names)

    def rows() -> Iterator[list[str | int]]:
        for index, (row, actual, predicted) in enumerate(zip(p, y, p.argmax(axis=1), strict=True)):
            names = [class_names[actual], class_names[predicted]]
            first = [index, *names, _share(row[predicted]), int(actual == predicted)]
            if len(class_names) <= _MANY:
                yield [*first, *map(_share, row.tolist())]
                continue
            most = np.argsort(-row, kind="stable")[:_MOST]
            cells = (cell for label in most for cell in (class_names[label], _share(row[label])))
            yield [*first, _share(row[actual]), *cells]

    return prediction_columns(class_names), rows()


def row_probabilities(row: Sequence[str], number_of: dict[str, int]) -> NDArray[np.float64]:
    """The probabilities of a row: float64 (C,); of more than 100 classes, those that it lacks share the rest.

    Args:
        row: a cell for each of `prediction_columns`.
        number_of: the place of each class, by its name.

    Raises:
        ValueError, KeyError, IndexError: what is not such a row.
    """
    cells = row[len(_FIRST) :]
    if len(number_of) <= _MANY:
        return np.array(cells, np.float64)
    places = [number_of[row[1]], *(number_of[name] for name in cells[1::2])]
    shares = [float(cells[0]), *map(float, cells[2::2])]
    known = dict(zip(places, shares, strict=True))
    rest = max(0.0, 1 - sum(known.values())) / (len(number_of) - len(known))
    probabilities = np.full(len(number_of), rest)
    probabilities[list(known)] = list(known.values())
    return probabilities


def _share(probability: float) -> str:
    return f"{probability:.6g}"
