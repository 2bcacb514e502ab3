"""Inklens trains, examines and uses convolutional networks for small images, first of handwritten digits.

    import inklens
    run = inklens.train(inklens.load("mnist"))
    run.predict(image)

Names resolve when they are first used, so that `import inklens` loads no framework.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.classifier import Classifier, Predictions
    from inklens.datasets import Dataset, load
    from inklens.errors import InklensError
    from inklens.evaluation import Evaluation
    from inklens.networks import build
    from inklens.pixels import PixelSpec
    from inklens.reading import Reading, read
    from inklens.recipes import Committee, Recipe
    from inklens.run import Run
    from inklens.training import EpochProgress, combine, resume, train

__version__ = "0.1.0"

__all__ = [
    "Classifier",
    "Committee",
    "Dataset",
    "EpochProgress",
    "Evaluation",
    "InklensError",
    "PixelSpec",
    "Predictions",
    "Reading",
    "Recipe",
    "Run",
    "__version__",
    "build",
    "combine",
    "load",
    "read",
    "resume",
    "train",
]

_HOMES = {
    "Classifier": "classifier",
    "Committee": "recipes",
    "Dataset": "datasets",
    "EpochProgress": "training",
    "Evaluation": "evaluation",
    "InklensError": "errors",
    "PixelSpec": "pixels",
    "Predictions": "classifier",
    "Reading": "reading",
    "Recipe": "recipes",
    "Run": "run",
    "build": "networks",
    "combine": "training",
    "load": "datasets",
    "read": "reading",
    "resume": "training",
    "train": "training",
}

__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
