"""The directive `commands`: what every command of `inklens` says when it is asked for help."""

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from typer import rich_utils
from typer.testing import CliRunner

from inklens.cli import COMMANDS, command_line

WIDTH = 82


class Commands(Directive):
    """A section with the help of each command."""

    def run(self) -> list[nodes.Node]:
        """The sections, in the order of `inklens --help`."""
        sections: list[nodes.Node] = []
        for name in COMMANDS:
            section = nodes.section(ids=[name])
            section += nodes.title(text=name)
            section += nodes.literal_block(text=help_of(name), language="text")
            sections.append(section)
        return sections


def help_of(name: str) -> str:
    """The help of a command as plain text."""
    rich_utils.MAX_WIDTH = WIDTH
    done = CliRunner().invoke(command_line([name]), [name, "--help"], prog_name="inklens", color=False)
    return done.output.strip()


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx asks of an extension."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
