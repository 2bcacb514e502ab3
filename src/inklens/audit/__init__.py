"""Audits of data and models: labels that are probably wrong, and errors on corrupted images.

Names resolve when they are first used.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.audit.check_files import check_data as check_data, refuse_serious as refuse_serious
    from inklens.audit.corruption_errors import measure_corruption_errors as measure_corruption_errors
    from inklens.audit.corruptions import CORRUPTIONS as CORRUPTIONS, corrupt as corrupt
    from inklens.audit.label_audit import audit_labels as audit_labels
    from inklens.audit.label_issues import LabelIssues as LabelIssues, find_label_issues as find_label_issues

__getattr__, __dir__, __all__ = lazily(__name__)
