"""What to ask, what is leased, what is done: the ledger of a collection."""
