"""What changed: between two states of a collection, between two collections, and inside a text."""
