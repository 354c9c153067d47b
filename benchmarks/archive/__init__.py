"""Verifying and indexing: ours beside warcio, FastWARC and cdxj-indexer."""
