"""Audits of data and models: labels that are probably wrong, and errors on corrupted images.

Names resolve when they are first used.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.audit.corruption_errors import CorruptionErrors, measure_corruption_errors
    from inklens.audit.corruptions import CORRUPTIONS, corrupt
    from inklens.audit.label_audit import audit_labels
    from inklens.audit.label_issues import LabelIssues, find_label_issues
    from inklens.audit.robustness import evaluate_robustness

__all__ = [
    "CORRUPTIONS",
    "CorruptionErrors",
    "LabelIssues",
    "audit_labels",
    "corrupt",
    "evaluate_robustness",
    "find_label_issues",
    "measure_corruption_errors",
]

_HOMES = {
    "CORRUPTIONS": "corruptions",
    "CorruptionErrors": "corruption_errors",
    "LabelIssues": "label_issues",
    "audit_labels": "label_audit",
    "corrupt": "corruptions",
    "evaluate_robustness": "robustness",
    "find_label_issues": "label_issues",
    "measure_corruption_errors": "corruption_errors",
}

__getattr__ = lazily(__name__, _HOMES)
