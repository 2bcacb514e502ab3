"""Named sets, IDX folders, class-per-folder trees and .npz files as one `Dataset`, with stratified splits.

Names resolve when they are first used, so that listing the data sets does not even import NumPy.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.datasets.dataset import Arrays, Dataset
    from inklens.datasets.listing import CatalogueEntry, catalogue
    from inklens.datasets.named import NAMED
    from inklens.datasets.sources import load, load_default
    from inklens.datasets.splits import Split, stratified_folds, stratified_split

__all__ = [
    "NAMED",
    "Arrays",
    "CatalogueEntry",
    "Dataset",
    "Split",
    "catalogue",
    "load",
    "load_default",
    "stratified_folds",
    "stratified_split",
]

_HOMES = {
    "Arrays": "dataset",
    "CatalogueEntry": "listing",
    "Dataset": "dataset",
    "NAMED": "named",
    "Split": "splits",
    "catalogue": "listing",
    "load": "sources",
    "load_default": "sources",
    "stratified_folds": "splits",
    "stratified_split": "splits",
}

__getattr__ = lazily(__name__, _HOMES)
