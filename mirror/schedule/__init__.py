"""When to crawl again, and what a run does: crawl, verify, report, tell."""
