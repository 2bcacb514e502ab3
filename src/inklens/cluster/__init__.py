"""More than one machine, or all cores of one, on Ray: committees, searches, and millions of images.

Names resolve when they are first used, so that the command line does not wait for Ray.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.cluster.connection import Cluster as Cluster, connected as connected
    from inklens.cluster.parallel_prediction import PartsDone as PartsDone, predict_parts as predict_parts
    from inklens.cluster.remote_members import members_on as members_on
    from inklens.cluster.search import resume_search as resume_search, tune as tune
    from inklens.cluster.trial_runs import trials_on as trials_on

__getattr__, __dir__, __all__ = lazily(__name__)
