"""Full text search: any piece of text of any length, in milliseconds, inside `mirror.db`."""

from mirror.search.find import Facet, Filters, Found, Hit, search
from mirror.search.snippet import Snippet

__all__ = ["Facet", "Filters", "Found", "Hit", "Snippet", "search"]
