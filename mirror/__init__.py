"""Mirror: preserve a gazetteer database before it is gone."""

__version__ = "0.1.0"
