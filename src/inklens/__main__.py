"""`python -m inklens` is `inklens`."""

from inklens.cli import main

main()
