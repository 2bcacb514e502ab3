"""The option --cluster, and the cluster that a command is connected to until it ends."""

from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from inklens.cli.console import output

if TYPE_CHECKING:
    from inklens.cluster import Cluster

ClusterPlace = Annotated[
    str | None,
    Option(
        "--cluster",
        metavar="WHERE",
        help="On Ray, side by side: local starts a cluster on this machine, auto finds the one that runs "
        "here; or the address of one, HOST:PORT.",
    ),
]


def connect(context: typer.Context, where: str, quiet: bool = False) -> "Cluster":
    """Connects to a cluster until the command ends."""
    from inklens.cluster import connected

    cluster = context.with_resource(connected(where))
    if not quiet:
        output.print(f"cluster    {cluster}")
    return cluster
