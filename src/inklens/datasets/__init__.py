"""Named sets and own data in every usual form as one `Dataset`, with stratified splits.

Names resolve when they are first used, so that listing the data sets does not even import NumPy.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.datasets.dataset import Arrays as Arrays, Dataset as Dataset
    from inklens.datasets.listing import CatalogueEntry as CatalogueEntry, catalogue as catalogue
    from inklens.datasets.named import NAMED as NAMED
    from inklens.datasets.sources import load as load, load_default as load_default
    from inklens.datasets.splits import (
        Split as Split,
        stratified_folds as stratified_folds,
        stratified_split as stratified_split,
    )

__getattr__, __dir__, __all__ = lazily(__name__)
