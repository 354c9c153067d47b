"""The sources: one module each for its URL grammar, its page kinds and what its pages say."""

from __future__ import annotations

from collections.abc import Callable

from mirror.errors import UsageError
from mirror.sites.chorography import Chorography
from mirror.sites.mse import Mse
from mirror.sites.selectors import Selecting, Selectors
from mirror.sites.site import Answer, Site

__all__ = ["SOURCES", "Answer", "Site", "open_site"]

#: Every known source by its name.
SOURCES: dict[str, Callable[[str | None], Site]] = {"mse": Mse, "chorography": Chorography}


def open_site(name: str, base_url: str | None = None, selectors: Selectors | None = None) -> Site:
    """All knowledge of one source.

    Args:
        name: One of `SOURCES`.
        base_url: Root of the site, any http or https address with port and path; None for its own.
        selectors: Where to find things on pages of unknown markup.

    Raises:
        UsageError: No source has that name, or the base URL is none.
    """
    try:
        source = SOURCES[name]
    except KeyError:
        known = ", ".join(sorted(SOURCES))
        raise UsageError(f"there is no source {name!r}; known sources: {known}") from None
    site = source(base_url)
    return Selecting(site, selectors) if selectors else site
