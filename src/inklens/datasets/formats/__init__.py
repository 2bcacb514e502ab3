"""The forms that data of a user's own can have: a file for each, with its loader."""
