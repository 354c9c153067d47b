"""Seeds and the plan of a crawl; all knowledge of a source is in `mirror.sites`."""
