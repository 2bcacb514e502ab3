"""`report.html`: one file about one run that opens offline, on a phone, in the dark and by keyboard.

Jinja2 escapes every value; a content security policy forbids the page all requests and all scripts but its
own. Its size is bounded: what does not fit is left out of the images first.
"""

from inklens.reporting.report.contents import Seen, telling_samples
from inklens.reporting.report.html_page import LARGEST_REPORT, write_report
from inklens.reporting.report.run_figures import read_sources

__all__ = ["LARGEST_REPORT", "Seen", "read_sources", "telling_samples", "write_report"]
