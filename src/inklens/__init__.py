"""Inklens trains, examines and uses convolutional networks for small images, first of handwritten digits.

    import inklens
    run = inklens.train(inklens.load("mnist"))
    run.predict(image)

Names resolve when they are first used, so that `import inklens` loads no framework.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.classifier import Classifier as Classifier, Predictions as Predictions
    from inklens.datasets import Dataset as Dataset, load as load
    from inklens.errors import InklensError as InklensError
    from inklens.evaluation import Evaluation as Evaluation
    from inklens.networks import build as build
    from inklens.pixels import PixelSpec as PixelSpec
    from inklens.reading import Reading as Reading, read as read
    from inklens.recipes import Committee as Committee, Recipe as Recipe
    from inklens.run import Run as Run
    from inklens.training import (
        EpochProgress as EpochProgress,
        combine as combine,
        reproduce as reproduce,
        resume as resume,
        train as train,
    )

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazily(__name__)
