"""Entries and exchanges, for other programs."""
