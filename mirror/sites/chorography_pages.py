"""What the pages of the chorography source say."""

from __future__ import annotations

from mirror.extraction.page import Page
from mirror.sites.site import Answer, Site
from mirror.sites.status import judge_status


def read(site: Site, answer: Answer) -> Page:
    """What a stored answer says."""
    asked = site.identify(answer.url)
    kind = asked.kind if asked else "other"
    return judge_status(site, answer, kind) or Page(kind)
