"""`report.html`: one file about one run that opens offline, on a phone, in the dark and by keyboard.

Jinja2 escapes every value; a content security policy forbids the page all requests and all scripts but its
own. Its size is bounded: what does not fit is left out of the images first.
"""

from inklens.reporting.report.contents import Report, Seen
from inklens.reporting.report.page import LARGEST_REPORT, require_jinja, write_report

__all__ = ["LARGEST_REPORT", "Report", "Seen", "require_jinja", "write_report"]
