"""Keras runs on TensorFlow before a test of this room imports it."""

from inklens.networks.backends import select_backend

select_backend("tensorflow")
