"""What a crawled page costs: ours, wget with WARC, plain Scrapy, scrapy-webarchive."""
