"""Entries, exchanges and whole collections, for other programs; a module a format."""
