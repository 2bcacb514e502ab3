"""Pieces put together: digits into numbers, numbers into lines."""
