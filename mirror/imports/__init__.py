"""Web archives of others: taken in unchanged, read by our own reader, and told apart from our own crawls."""
