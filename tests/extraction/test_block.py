"""Pages that come instead of the page."""

from __future__ import annotations

import pytest

from mirror.extraction.block import judge_notice, sends_on_to


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("您的访问过于频繁，请稍后再试", "blocked"),
        ("请输入图形验证码", "blocked"),
        ("您的IP 1.2.3.4 已被列入黑名单", "blocked"),
        ("系统正在升级维护", "blocked"),
        ("当前并发访问人数过多", "blocked"),
        ("请先登录后查看全文", "blocked"),
        ("用户登录 用户名 密码", "blocked"),
        ("登录本簿者凡三百户。", None),
        ("429 Too Many Requests", "blocked"),
        ("对不起，没有找到符合条件的记录", "gone"),
        ("该页面不存在", "gone"),
        ("404 Not Found", "gone"),
        ("数据库连接失败", "error"),
        ("Internal Server Error", "error"),
        ("参数错误", "error"),
        ("第三章  塘工", None),
        ("是年大旱，颗粒无收。", None),
        ("海塘管理所负责海塘维护。", None),
        ("", None),
    ],
)
def test_notices(words, verdict):
    found = judge_notice(words)
    assert (found[0] if found else None) == verdict


def test_long_texts_are_no_notices():
    assert judge_notice("政务网站增设图形验证码，访问过于频繁者自动限制。" * 40) is None


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="0;url=/bin/mse.exe?COLLCC=1&run=12">',
        "<META content='x'><META HTTP-EQUIV=refresh CONTENT='0; URL=/bin/mse.exe?COLLCC=1&run=12'>",
        '<script>window.location="/bin/mse.exe?COLLCC=1&run=12"</script>',
        "<script>location.replace('/bin/mse.exe?COLLCC=1&run=12')</script>",
    ],
)
def test_where_a_page_sends_its_reader(page):
    assert sends_on_to(page) == "/bin/mse.exe?COLLCC=1&run=12"
    assert sends_on_to("<p>location of the dyke") is None
