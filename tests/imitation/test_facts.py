"""The imitation is as the facts say the real one is."""

from __future__ import annotations

import http.client
from collections import Counter
from urllib.parse import urlsplit

import pytest

from mirror.imitation import Corpus, Faults, ImitationServer, layout


def get(server: ImitationServer, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_a_corpus_is_the_same_every_time_and_another_for_another_seed() -> None:
    texts = [["\n".join(Corpus(80, seed).lines(*one)) for one in Corpus(80, seed).entries()] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == 80


def test_codes_stand_in_ascii_order_and_are_unique_in_a_book() -> None:
    corpus = Corpus(600)
    for library, _ in corpus.libraries():
        for book in corpus.books(library):
            codes = [heading.code for heading in corpus.headings(book)]
            assert codes == sorted(codes)
            assert len(set(codes)) == len(codes)
            assert [heading.rec for heading in corpus.headings(book)] == list(range(1, len(codes) + 1))


def test_lines_are_as_wide_as_their_book() -> None:
    """Modal width = the book's width, and only closing punctuation goes beyond it (two or three columns)."""
    corpus = Corpus(600)
    for book in [book for library, _ in corpus.libraries() for book in corpus.books(library)]:
        widths = Counter(
            layout.width_of(line)
            for heading in corpus.headings(book)
            for line in corpus.lines(book, heading)
            if line and line[0] not in "┏┃┠┗" and layout.width_of(line) >= book.width - 1
        )
        assert max(widths) <= book.width + (4 if book.rule == "hang" else 1)
        if widths.total() > 20:
            near = sum(count for width, count in widths.items() if abs(width - book.width) <= 1)
            assert near > 0.6 * widths.total()


def test_pages_of_the_old_database_are_gbk_that_calls_itself_gb2312() -> None:
    with ImitationServer(Corpus(200), "mse") as server:
        _, fields, body = get(server, "/bin/mse.exe?K=CH9&A=1&run=12")
        assert b"charset=gb2312" in body
        text = body.decode("gb18030")
        assert "HREF=javascript:sf(1,1,'CH91')" in text
        assert "charset" not in fields["Content-Type"]
        again = get(server, "/bin/mse.exe?&run=12&a=1&k=ch9")[2].decode("gb18030")
        assert again.split("<!--总用时")[0] == text.split("<!--总用时")[0]


def test_a_title_outside_gb2312_stops_a_strict_decoder() -> None:
    with ImitationServer(Corpus(600), "mse") as server, pytest.raises(UnicodeDecodeError):
        for book in server.corpus.books("ch9"):
            get(server, f"/bin/mse.exe?K=ch9&A={book.number}&run=12")[2].decode("gb2312")


@pytest.mark.parametrize("times", [1, 2])
def test_the_device_in_front_sends_on_with_collcc(times: int) -> None:
    with ImitationServer(Corpus(40), "mse", collcc=times) as server:  # type: ignore[arg-type]
        status, fields, _ = get(server, "/bin/mse.exe?K=ch9&A=1&run=12")
        assert status == 302
        assert fields["Location"].count("COLLCC=") == times
        assert "COLLCK" in fields["Set-Cookie"]
        assert get(server, fields["Location"])[0] == 200


def test_what_the_server_says_it_sent_is_what_came() -> None:
    with ImitationServer(Corpus(40), "chorography", conditional=True) as server:
        status, fields, body = get(server, "/database/ch9/section/1/article/1/")
        assert status == 200
        assert server.log[-1].sent.endswith(body)
        assert get(server, "/database/ch9/section/1/article/1/", **{"If-None-Match": fields["ETag"]})[0] == 304
        assert get(server, "/database/ch9/section/1/article/999/")[0] == 404


def test_faults_befall_the_same_pages_every_time_and_pass() -> None:
    found = []
    for _ in range(2):
        with ImitationServer(Corpus(80), "chorography", faults=Faults(unavailable=0.3)) as server:
            paths = [f"/database/ch9/section/1/article/{rec}/" for rec in range(1, 20)]
            found.append([get(server, path)[0] for path in paths])
            assert {get(server, path)[0] for path in paths} == {200}
    assert found[0] == found[1]
    assert 503 in found[0]


def test_changes_between_states_are_known() -> None:
    corpus = Corpus(200)
    kinds = Counter(change.kind for change in corpus.changes(1))
    assert {"edited", "retitled", "added", "removed", "moved", "cosmetic"} <= kinds.keys()
    assert kinds["added"] == kinds["removed"] == sum(len(corpus.books(code)) for code, _ in corpus.libraries())
    assert "book-removed" in {change.kind for change in corpus.changes(2)}
    assert corpus.changes(0) == []
