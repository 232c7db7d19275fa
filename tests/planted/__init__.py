"""Mistakes planted in the decoder, each of which the suite must find: ``make planted``."""
