import pytest

from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.run import Run
from inklens.training import train

select_backend("tensorflow")


@pytest.fixture(scope="session")
def trained(digits, tmp_path_factory) -> Run:
    """A run whose network has a temperature to speak of, and normalisation that has seen data."""
    recipe = Recipe(network="convnet-small", epochs=2, batch_size=64, validation_split=1000)
    return train(digits, recipe, output=tmp_path_factory.mktemp("runs"))
