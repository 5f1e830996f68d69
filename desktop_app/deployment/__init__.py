"""Targets that are built from a bundle."""
