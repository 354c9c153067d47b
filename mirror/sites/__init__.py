"""One module per source: its URL grammar, page kinds, what to ask next, what a page says."""
