"""robots.txt: what it lets us ask, also where it is not as it should be."""

import pytest

from mirror.politeness.robots import RobotsPolicy

AGENT = "gazetteer-mirror/1.0 (+mailto:archive@example.org)"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_the_first_group_counts(mark):
    policy = RobotsPolicy.from_answer(200, mark + b"User-agent: *\nDisallow: /bin/\n", AGENT)
    assert not policy.allowed("http://127.0.0.1/bin/mse.exe?K=ch9&run=12")
    assert policy.allowed("http://127.0.0.1/ftr/ftr.htm")


@pytest.mark.parametrize("status", [302, 304, 429, 500, 503])
def test_rules_that_cannot_be_had_allow_nothing(status):
    assert RobotsPolicy.from_answer(status, b"", AGENT).forbids_everything


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_rules_that_are_not_there_forbid_nothing(status):
    assert RobotsPolicy.from_answer(status, b"", AGENT).allowed("http://127.0.0.1/bin/mse.exe")
