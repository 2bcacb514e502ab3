"""What a user teaches: corrected images and classes of one's own, kept in SQLite, and trainings on them.

Names resolve when they are first used.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.teaching.correction_store import (
        CorrectionStore as CorrectionStore,
        Example as Example,
        TaughtClass as TaughtClass,
    )
    from inklens.teaching.corrections_folder import export_corrections as export_corrections
    from inklens.teaching.store_file import FullError as FullError
    from inklens.teaching.training_process import (
        TaughtTraining as TaughtTraining,
        TrainingProcesses as TrainingProcesses,
    )

__getattr__, __dir__, __all__ = lazily(__name__)
