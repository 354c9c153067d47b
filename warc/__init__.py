"""The archive format: captures to WARC records and back, byte for byte.

Imports nothing of `mirror` and no Scrapy, and has never heard of a gazetteer.
"""
