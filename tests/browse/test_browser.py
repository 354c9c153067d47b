"""Every page in a real browser: both languages, desk and phone, light and dark, keyboard alone, script off."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, expect

from mirror.imitation import Corpus, ImitationServer
from tests.browse.serving import Served, serving
from tests.chromium import DESK, PHONE, tab
from tests.home import Home


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("", DESK, "light"), ("", PHONE, "dark"), ("/en", DESK, "dark"), ("/en", PHONE, "light")],
    ids=["chinese-desk", "chinese-phone", "english-desk", "english-phone"],
)
def test_every_page(
    browser: Browser, served: Served, every_path: list[str], language: str, size: dict[str, int], scheme: str
) -> None:
    """No error, nothing from elsewhere, nothing wider than the screen, no serious finding of axe, under 100 KB."""
    for path in every_path:
        with tab(browser, viewport=size, color_scheme=scheme) as shown:
            answer = shown.page.goto(served.root + language + path, wait_until="load")
            assert answer is not None
            absent = [line for line in shown.console if "404" not in line or answer.status != 404]
            assert absent == [], path
            outside = [url for url in shown.requests if not url.startswith((served.root, served.view))]
            assert outside == [], path
            width = shown.page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{path} is {width} wide"
            assert shown.axe() == [], path
            weight = shown.page.evaluate(
                "performance.getEntries().reduce((sum, one) => sum + (one.transferSize || 0), 0)"
            )
            assert weight < 100_000, f"{path} weighs {weight} bytes"
            shift = shown.page.evaluate(
                """new Promise(done => { let sum = 0; new PerformanceObserver(list => { for (const one of
                list.getEntries()) sum += one.value; }).observe({type: "layout-shift", buffered: true});
                setTimeout(() => done(sum), 50); })"""
            )
            assert shift < 0.1, f"{path} shifts by {shift}"


def test_without_script(browser: Browser, served: Served, changed: str) -> None:
    """From the home to an entry, on to the next, searching, comparing, and the language switched in place."""
    with tab(browser, java_script_enabled=False) as shown:
        page = shown.page
        page.goto(served.root)
        page.get_by_role("link", name="zhi", exact=True).click()
        page.get_by_role("link", name="临河县情资料库").click()
        page.get_by_role("main").get_by_role("link", name=re.compile("临河县县志$")).click()
        page.get_by_role("link", name="凡 例").or_(page.get_by_role("link", name="凡  例")).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("凡")
        page.get_by_text("原版式", exact=True).click()
        expect(page.locator(".raw")).to_be_visible()
        expect(page.locator(".reading")).to_be_hidden()
        page.get_by_text("对照", exact=True).click()
        expect(page.locator(".raw")).to_be_visible()
        expect(page.locator(".reading")).to_be_visible()
        page.get_by_role("link", name="下一条").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("概述")
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("概述")
        expect(page.get_by_text("Cite and download")).to_be_visible()
        page.get_by_role("searchbox").fill("灌溉渠")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("mark").first).to_have_text("灌溉渠")
        page.goto(f"{served.root}/history/zhi/{changed}")
        page.get_by_role("link", name="与上一版比较").click()
        expect(page.locator("ins").first).to_be_visible()
        page.get_by_role("link", name="中文").or_(page.get_by_role("link", name="English")).click()
        expect(page.locator("ins").first).to_be_visible()


def test_keyboard_alone(browser: Browser, served: Served) -> None:
    with tab(browser) as shown:
        page = shown.page
        page.goto(f"{served.root}/c/zhi/ch9/1/1")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "view-read":
                break
        page.keyboard.press("ArrowRight")
        expect(page.locator("#view-both")).to_be_checked()
        outlines = page.evaluate("getComputedStyle(document.querySelector('#view-both + label')).outlineStyle")
        assert outlines == "solid"
        page.locator("h1").click()
        page.keyboard.press("ArrowRight")
        page.wait_for_url("**/c/zhi/ch9/1/2")
        expect(page.locator("#view-both")).to_be_checked()  # remembered
        page.keyboard.press("ArrowLeft")
        page.wait_for_url("**/c/zhi/ch9/1/1")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("灌溉渠")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search/zhi?q=*")


def test_finding_in_a_book(browser: Browser, served: Served) -> None:
    with tab(browser) as shown:
        shown.page.goto(f"{served.root}/c/zhi/ch9/1/")
        shown.page.get_by_role("searchbox", name="在目录中查找").fill("附录")
        lines = shown.page.locator(".tree li:visible")
        expect(lines).to_have_count(1)
        expect(lines).to_contain_text("附录")


HOSTILE = (
    """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">
<title>山东地情档案</title><meta http-equiv="refresh" content="1;url=OUTSIDE/refreshed">
<link rel="stylesheet" href="OUTSIDE/style.css"><base href="OUTSIDE/">
<script>document.cookie = "ours=1"; document.title = "run"; top.location = "OUTSIDE/top";
navigator.serviceWorker && navigator.serviceWorker.register("/worker.js"); alert(1); fetch("OUTSIDE/f")</script>
</head><body onload="alert(2)"><p>山东地方志资料归档</p><h1>山东地情档案</h1><h2>档案浏览器</h2>
<h2>题"><img src=x onerror=alert(3)></h2><iframe src="OUTSIDE/frame"></iframe>
<form id="f" action="OUTSIDE/form"><button>交</button></form>
<a id="out" href="OUTSIDE/link" target="_top">离开</a><img src="OUTSIDE/pixel">
<pre>    正文第一段：&lt;script&gt;alert(4)&lt;/script&gt;，“&amp;amp;”，{{ 7 * 7 }}，javascript:alert(5)。
    第二段也在这里，说的是灌溉渠与石桥，共有三里长，百余年不坏，至今犹存于村东。
    """
    + "村中老人言其详，志之以待后来者考。" * 20
    + """</pre></body></html>"""
)


@pytest.fixture(scope="module")
def outside() -> Iterator[socket.socket]:
    """The rest of the world: nobody may ever ask it for anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def asked_for(outside: socket.socket) -> bytes:
    """All that was sent to the world. A browser may open a connection early; a request it may not send."""
    sent = b""
    while True:
        try:
            connection, _ = outside.accept()
        except BlockingIOError:
            return sent
        with connection:
            connection.settimeout(1)
            with suppress(TimeoutError):
                sent += connection.recv(1000)


@pytest.fixture(scope="module")
def hostile(outside: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An archive of pages that try to do harm: in the entry's page, and in the titles of its book."""
    page = HOSTILE.replace("OUTSIDE", f"http://127.0.0.1:{outside.getsockname()[1]}").encode()
    home = Home(tmp_path_factory.mktemp("hostile"))
    contents = (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>山东地情档案</title></head><body>'
        "<h1>山东地情档案</h1><h2>档案浏览器</h2><ul>"
        '<li><a href="/database/ch9/section/1/article/1/">&lt;script&gt;alert(6)&lt;/script&gt;</a></li>'
        '<li><a href="/database/ch9/section/1/article/2/">&quot;onmouseover=&quot;alert(7)&quot; \'</a></li></ul>'
    )
    extra = {
        "/database/ch9/section/1/": contents.encode(),
        "/database/ch9/section/1/article/1/": page,
        "/database/ch9/section/1/article/2/": page,
    }
    with ImitationServer(Corpus(40), "chorography", extra=extra) as server:
        home.init(server, "bad")
        home.crawl("--scope", "ch9/1", name="bad", code=None)
    with serving(home.path) as running:
        yield running


def test_archived_pages_can_do_nothing(browser: Browser, hostile: Served, outside: socket.socket) -> None:
    entry = hostile.facts("/c/bad/ch9/1/1")
    capture = entry["captures"][0]
    record = f"/record/bad/{capture['warc']}/{capture['offset']}"
    with tab(browser) as shown:
        page = shown.page
        page.goto(f"{hostile.root}{record}")
        page.locator("iframe.was").scroll_into_view_if_needed()
        frame = page.frame_locator("iframe.was")
        expect(frame.get_by_text("正文第一段")).to_be_visible()
        page.wait_for_timeout(1500)  # longer than its refresh waits
        assert page.url == f"{hostile.root}{record}" and shown.dialogs == []
        frame.locator("#out").click()
        frame.locator("#f button").click()
        page.wait_for_timeout(300)
        assert page.url == f"{hostile.root}{record}"
        assert page.context.cookies() == [] and page.context.service_workers == []
    source = f"{hostile.view}/bad/2099/{capture['url']}"
    with tab(browser) as shown:  # opened by itself, outside our frame
        shown.page.goto(source)
        shown.page.wait_for_timeout(1500)
        assert shown.page.url == source and shown.page.title() == "山东地情档案" and shown.dialogs == []
        assert shown.page.context.cookies() == []
    port = int(hostile.view.rpartition(":")[2])
    answer = hostile.get(f"/bad/2099/{capture['url']}", port=port)
    assert asked_for(outside) == b""
    assert answer.body.startswith(HOSTILE[:60].encode()) and len(answer.body) > 1500
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "Set-Cookie" not in answer.headers


def test_archived_text_is_text(browser: Browser, hostile: Served) -> None:
    paths = [
        "/",
        "/c/bad/",
        "/c/bad/ch9/1/",
        "/c/bad/ch9/1/1",
        "/c/bad/ch9/1/2",
        "/history/bad/ch9/1/1",
        "/coverage/bad",
    ]
    paths += ["/search/bad?q=alert", "/search/bad?q=%3Cscript%3Ealert(9)%3C/script%3E", "/changes/bad"]
    for path in paths:
        with tab(browser) as shown:
            shown.page.goto(hostile.root + path)
            assert shown.dialogs == [] and shown.console == [], path
            if path.startswith("/c/bad/ch9/1/1"):
                expect(shown.page.locator(".reading")).to_contain_text("<script>alert(4)</script>")
                expect(shown.page.locator(".reading")).to_contain_text("{{ 7 * 7 }}")
