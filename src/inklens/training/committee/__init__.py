"""Committees: networks that vote. Trained one after another or side by side, resumed, or combined of runs."""
