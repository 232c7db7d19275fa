"""Bytes to frames: envelopes and checks, not meaning."""
