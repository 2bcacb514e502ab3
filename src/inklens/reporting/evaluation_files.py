"""The files of an evaluation, the same for every training and for `inklens evaluate`."""

from dataclasses import astuple

from inklens.evaluation import DetailedEvaluation, prediction_rows
from inklens.reporting.confusion_picture import confusion_matrix_picture
from inklens.reporting.reliability_diagrams import coverage_picture, reliability_picture
from inklens.run_folder import RunFolder


def write_evaluation(folder: RunFolder, evaluation: DetailedEvaluation, *, pictures: bool = True) -> None:
    """Writes per_class.csv, predictions.csv, and the pictures confusion, reliability and coverage.

    Args:
        folder: a run, or any other folder; it is made where it is not there.
        pictures: whether they are drawn.

    Raises:
        RunError: a file cannot be written.
    """
    names = evaluation.class_names
    header = ("class", "precision", "recall", "f1", "support")
    folder.write_csv(folder.per_class, header, map(astuple, evaluation.classes))
    folder.write_csv(folder.predictions, *prediction_rows(evaluation.probabilities, evaluation.labels, names))
    if not pictures:
        return
    with folder.atomic("pictures/confusion.png") as path:
        confusion_matrix_picture(evaluation.scores.confusion, names, path)
    with folder.atomic("pictures/reliability.png") as path:
        reliability_picture(evaluation.reliability, path)
    with folder.atomic("pictures/coverage.png") as path:
        coverage_picture(evaluation.risk_coverage, path)
