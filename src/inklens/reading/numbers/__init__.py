"""Digits put together: chains of pieces, lines of text, and which chains are numbers."""
