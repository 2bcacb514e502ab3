"""The values that fields of a recipe may have, by name; help lists them without waiting for the recipe."""

RECIPE_FORMAT = 3  # of recipe.json; 1 and 2 named its fields otherwise

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd", "muon")
MOMENTUM = ("rmsprop", "sgd", "muon")
SCHEDULES = ("constant", "one-cycle", "cosine")
PRECISIONS = ("auto", "float32", "bfloat16")
VALIDATION_DATA = ("split", "test")
FLIPS = ("auto", "on", "off")
