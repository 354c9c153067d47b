"""Is a collection whole? What `warc.verify` says of its files, and index, fixity, ledger and store against them."""
