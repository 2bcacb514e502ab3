"""The rows of predictions.csv."""

from collections.abc import Iterator, Sequence

from numpy.typing import ArrayLike

from inklens.evaluation.evaluation import checked


def prediction_rows(
    probabilities: ArrayLike, labels: ArrayLike, class_names: Sequence[str]
) -> tuple[list[str], Iterator[list[str | int]]]:
    """Returns header and rows, one per image: `run.write_csv(run.predictions, *prediction_rows(...))`.

    The columns are index, actual, predicted, probability (of the predicted class), correct (1 or 0, so
    that their mean is the accuracy) and p_<class> for every class.

    Args:
        probabilities: float (N, C), each row in [0, 1] with a sum of 1.
        labels: int (N,), 0 to C - 1.
        class_names: C names.

    Raises:
        DataError: the arrays do not fit each other; see `evaluate`.
    """
    p, y = checked(probabilities, labels, class_names)
    header = ["index", "actual", "predicted", "probability", "correct", *(f"p_{c}" for c in class_names)]

    def rows() -> Iterator[list[str | int]]:
        for index, (row, actual, predicted) in enumerate(zip(p.tolist(), y, p.argmax(axis=1), strict=True)):
            shares = [f"{share:.6g}" for share in row]
            names = [class_names[actual], class_names[predicted]]
            yield [index, *names, shares[predicted], int(actual == predicted), *shares]

    return header, rows()
