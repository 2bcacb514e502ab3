"""From a data set and a recipe to a run. Keras does the training.

Names resolve when they are first used: no framework is imported before a training starts.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.training.committee.combine import combine
    from inklens.training.committee.resume import resume
    from inklens.training.progress import EpochProgress
    from inklens.training.train_run import train

__all__ = [
    "EpochProgress",
    "combine",
    "resume",
    "train",
]

_HOMES = {
    "EpochProgress": "progress",
    "combine": "committee.combine",
    "resume": "committee.resume",
    "train": "train_run",
}

__getattr__ = lazily(__name__, _HOMES)
