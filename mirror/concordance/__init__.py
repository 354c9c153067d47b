"""Old and new: citations of either database that name one entry, and whether their numbers mean the same."""
