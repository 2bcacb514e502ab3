"""`inklens predict --cluster`: millions of images into a folder of Parquet files."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inklens.errors import OptionError, require_packages
from inklens.printable import printable

if TYPE_CHECKING:
    from inklens.cluster import PartsDone

_FILES = (".csv", ".json", ".jsonl", ".parquet")


def predict_on(
    where: str,
    model: Path | None,
    paths: list[str],
    output: str | None,
    top: int,
    conclude: Callable[[Counter[str], str, str], None],
    *,
    strict: bool,
) -> None:
    """Predict on a cluster, say how far it is after each part, and conclude."""
    from inklens.cli.console import interrupts_told
    from inklens.cli.light import open_classifier

    if output is None or strict:
        problem = "--strict does not go with" if strict else "--output is missing beside"
        raise OptionError(f"{problem} --cluster; expected --output FOLDER, in which bad files have rows")
    if output.partition("?")[0].lower().endswith(_FILES):
        raise OptionError(
            f"--output {output} is a file by its suffix; with --cluster a folder is expected: leave the "
            "suffix out"
        )
    require_packages(["ray"], f"--cluster {where}", "cluster")
    top = min(top, len(open_classifier(model).class_names))
    from inklens.cluster import connected, predict_parts
    from inklens.cluster.parallel_prediction import begin_parts
    from inklens.datasets.layout.file_listing import passed_over
    from inklens.run_folder import RunFolder

    passed: Counter[str] = Counter()

    def say(now: "PartsDone") -> None:
        typer.echo(f"part       {now.parts:,} of {now.of:,}; {now.counts.total():,} images")

    job = (RunFolder.latest().path if model is None else model, paths, output)
    with interrupts_told():
        begin_parts(*job, top=top, passed=passed)  # before seconds go by in which a cluster starts
        with connected(where) as cluster:
            typer.echo(f"cluster    {cluster}")
            done = predict_parts(cluster, *job, top=top, progress=say)
    for line in passed_over(passed):
        typer.echo(printable(f"note: {line}"), err=True)
    if not done.counts:
        typer.echo(f"results    {output}, all {done.of:,} parts were there already")
        return
    counts = Counter(dict(sorted(done.counts.items())))  # which part was the first to come is chance
    conclude(counts, done.error, output)
