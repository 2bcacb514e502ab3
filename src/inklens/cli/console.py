"""Where the commands print: results on standard output, complaints and notes on standard error."""

from rich.console import Console

output = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
