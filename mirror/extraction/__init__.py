"""Bytes to text to entries: charset, reflow, items, tables, signatures. Pure functions."""
