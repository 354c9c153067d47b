"""WACZ 1.1.1: WARC files, their index and a list of pages in one ZIP that a browser can read in parts."""
