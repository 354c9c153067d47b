"""Being a good guest: robots.txt, pace, Retry-After, daily budget, quiet hours."""
