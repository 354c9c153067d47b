"""What a text says of itself: outline, years, places, quantities. Pure, and never called in a crawl.

Each rule gives what it is sure of, with the words it came from and where they stand; the rest it leaves out.
"""
