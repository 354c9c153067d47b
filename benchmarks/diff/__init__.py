"""What a comparison costs: two captures of a whole database, and two versions of one text."""
