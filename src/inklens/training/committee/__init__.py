"""Committees: networks that vote. Trained one after another or elsewhere, resumed, or combined of runs."""
