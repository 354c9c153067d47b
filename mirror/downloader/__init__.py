"""One exchange with the source: ask, and keep the exact bytes."""
