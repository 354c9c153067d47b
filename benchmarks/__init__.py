"""Us beside peers, in one run, as ratios."""
