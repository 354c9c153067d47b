"""The URL grammar of the mirror."""

from __future__ import annotations

import pytest

from mirror.sites import open_site

SITE = open_site("chorography")
HOST = "https://shandong-chorography.org"


@pytest.mark.parametrize(
    ("path", "kind", "key", "who"),
    [
        (
            "/database/c87/section/1/article/562/",
            "entry",
            "database/c87/section/1/article/562/",
            ("c87", 1, 562),
        ),
        (
            "/database/C87/section/01/article/562",
            "entry",
            "database/c87/section/1/article/562/",
            ("c87", 1, 562),
        ),
        ("/database/a/section/70/?from=nav", "list", "database/a/section/70/", ("a", 70, None)),
        ("/database/a/section/70/?page=2&utm_x=1", "list", "database/a/section/70/?page=2", ("a", 70, None)),
        ("/database/xzcz/", "library", "database/xzcz/", ("xzcz", None, None)),
        ("/#library-c4f66874", "home", "", (None, None, None)),
        ("", "home", "", (None, None, None)),
        ("/sitemap-3.xml.gz", "sitemap", "sitemap-3.xml.gz", (None, None, None)),
        ("/robots.txt", "robots", "robots.txt", (None, None, None)),
        ("/assets/app.js?v=3", "asset", "assets/app.js?v=3", (None, None, None)),
        ("/about/?sid=0123", "other", "about/", (None, None, None)),
        ("/database/a/section/0/", "other", "database/a/section/0/", (None, None, None)),
    ],
)
def test_kinds(path, kind, key, who):
    link = SITE.identify(HOST + path)
    assert (link.kind, link.key, (link.library, link.book, link.rec)) == (kind, key, who)


def test_every_question_is_what_it_says():
    site = open_site("chorography", "http://127.0.0.1:9/a/b")
    asked = [
        *site.seeds(),
        site.entry_link("C87", 1, 562),
        site.list_link("a", 70),
        site.library_link("zzmj"),
    ]
    for link in asked:
        assert link.url.startswith("http://127.0.0.1:9/a/b/")
        assert site.identify(link.url) == link
    assert site.identify("http://127.0.0.1:9/a/b").kind == "home"
    assert site.identify("http://127.0.0.1:9/database/a/").kind == "other"
    assert site.identify("http://127.0.0.2:9/a/b/") is None


def test_http_and_https_on_their_own_ports_are_one_source():
    assert SITE.identify("http://shandong-chorography.org/database/a/").key == "database/a/"
    assert SITE.identify("http://shandong-chorography.org:8080/database/a/") is None
