"""`inklens datasets`: what there is, how much of it, and where it lies."""

from inklens.cli.console import output, print_table
from inklens.cli.light import LightCommand as Command

__all__ = ["Command", "datasets"]


def datasets() -> None:
    """List the data sets that have a name, with counts and where they lie."""
    from inklens.datasets import catalogue

    rows = [("name", "kind", "classes", "train", "test", "image", "where")]
    for entry in catalogue():
        test = f"{entry.test_count:,}" if entry.test_count else "a fifth"
        shape = "x".join(map(str, entry.shape)) if entry.shape else "files"
        count, kind = f"{entry.train_count:,}", entry.kind or "by look"
        rows.append((entry.name, kind, str(entry.classes), count, test, shape, entry.where))
    print_table(rows, "<<>>><<")
    output.print(
        "\nFolders of images and archives of them, CSV, Parquet, IDX and .npz files are given by their\n"
        "paths: inklens show PATH"
    )
