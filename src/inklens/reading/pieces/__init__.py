"""Pieces of ink, and the digits that the network reads in them."""
