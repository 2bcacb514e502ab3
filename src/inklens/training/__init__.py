"""From a data set and a recipe to a run. Keras does the training.

Names resolve when they are first used: no framework is imported before a training starts.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.training.committee.combine import combine as combine
    from inklens.training.progress import EpochProgress as EpochProgress
    from inklens.training.reproduce_run import Reproduction as Reproduction, reproduce as reproduce
    from inklens.training.resume_run import resume as resume
    from inklens.training.train_run import train as train

__getattr__, __dir__, __all__ = lazily(__name__)
