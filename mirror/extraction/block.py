"""Pages that come instead of the page: flood control, captchas, challenges, maintenance, errors."""

from __future__ import annotations

import re

from mirror.extraction.page import Verdict

#: A page with more text than this says more than "not now".
MAX_NOTICE_CHARS = 800

_BLOCKED = re.compile(
    r"(?i)(?:访问|请求|操作|点击|查询|刷新|检索|浏览)(?:次数|速度|频率)?(?:过于|太过?|过)(?:频繁|快|多|高)"
    r"|(?:输入|填写|图形|图片|短信|点击).{0,6}验证码|验证码(?:错误|不正确|[:：])|^验证码|安全验证|人机(?:身份)?(?:验证|识别)"
    r"|(?:拖动|滑动).{0,6}滑块|请完成.{0,8}验证|(?:您|你)的?\s?IP.{0,20}(?:封|禁止|被禁|限制|黑名单)|IP.{0,8}(?:被封|黑名单)"
    r"|(?:禁止|限制|拒绝)了?(?:您|你)的?(?:访问|IP|请求)|访问(?:被|受到?)(?:拒绝|限制|禁止|阻断|拦截)|禁止访问"
    r"|请?稍[后候](?:再|重)(?:试|来|访问|新)|流量(?:过大|异常|控制|超)|并发.{0,8}(?:过多|超过|限制)|连接数.{0,6}(?:过多|超过|限制)"
    r"|服务器?(?:正在)?(?:繁忙|正忙|忙)|系统(?:繁忙|正忙)"
    r"|(?:正在|进行|系统|网站|数据库)(?:升级|检修|例行)?维护(?!单位|[:：])|维护(?:中|公告)|升级(?:维护|中)"
    r"|(?:请|须|需要?)(?:您|你)?先?登[录陆](?!簿|册)|登[录陆]后(?:才能|方可|可以?|再)?(?:查看|访问|浏览|阅读|继续)|用户登[录陆]"
    r"|网站防护|云防护|恶意(?:访问|请求|攻击|爬)|CC攻击|防CC|非法(?:访问|请求)|异常(?:访问|流量|请求)"
    r"|(?:检查|验证|检测)(?:您|你)的浏览器|just a moment|checking your browser|attention required"
    r"|too many (?:requests|connections)|rate limit|access denied|captcha|ddos|are you a robot"
    r"|service unavailable|under maintenance|temporarily unavailable|request (?:blocked|rejected)"
)
_GONE = re.compile(
    r"(?i)(?:记录|资料|条目|页面|文章|内容|数据|图书|书目|目录|文件|网页|库)"
    r"(?:并?不存在|未找到|没有找到|找不到|已(?:被)?删除|已下线|不见了)"
    r"|(?:没有|未能?|未曾?)(?:找到|查到|检索到|该|此|这条|这个)(?:您|你)?.{0,12}"
    r"(?:记录|资料|条目|页面|文章|内容|数据|图书|书|库)"
    r"|(?:没有|无)(?:此|该|这个|这条|相关|符合.{0,8}的)?(?:记录|资料|条目|页面|文章|图书|库)"
    r"|找不到.{0,12}(?:记录|资料|条目|页面|文章|内容|网页|文件)"
    r"|\b404\b|page not found|not found|no such (?:record|page|file)|no record"
)
_ERROR = re.compile(
    r"(?i)(?:数据库|系统|程序|服务器?|内部|运行时?|执行|网络)(?:连接|内部|发生|出现){0,3}了?(?:错误|出错|异常|失败|故障)"
    r"|(?:打开|读取|连接).{0,12}(?:失败|出错|错误)|参数(?:错误|有误|不正确|非法)|应用程序.{0,8}错误"
    r"|CGI (?:error|错误)"
    r"|internal server error|bad gateway|gateway time-?out|server error|runtime error"
    r"|\bODBC\b|\bSQL\b.{0,20}error"
    r"|application error|fatal error|unhandled exception"
)
_CHALLENGE = re.compile(r"(?i)COLLC(?:C|K)|COLLPCK|document\.cookie|__jsl|jschl|acw_sc|cf_chl|yunsuo|safedog|wzws")
_MOVES = re.compile(r"(?i)location|\.reload\s*\(|\.submit\s*\(|http-equiv\s*=\s*[\"']?refresh")
_REFRESH = re.compile(
    r"""(?i)<meta\s[^<>]{0,200}?http-equiv\s*=\s*["']?refresh["']?[^<>]{0,200}?content\s*=\s*["']?"""
    r"""\s*[0-9.]+\s*[;,]\s*(?:url\s*=\s*)?["']?([^"'<>]+)"""
)
_SCRIPT_MOVE = re.compile(
    r"""(?i)(?:location(?:\.href)?\s*=|location\.(?:replace|assign)\s*\()\s*["']([^"'<>\s]{1,2000})["']"""
)


def judge_notice(visible: str, page: str = "") -> tuple[Verdict, str] | None:
    """What stands where the text of a page should be: a block, an absence, an error; None if none of these.

    Args:
        visible: What a reader sees. Long texts are no notices: a gazetteer may well write of such things.
        page: The markup, if a script that asks again may have come instead of the page.
    """
    if len(visible) > MAX_NOTICE_CHARS:
        return None
    found = _BLOCKED.search(visible)
    if found:
        return "blocked", f"the page says 「{_around(visible, found)}」"
    head = page[:20_000]
    if head and len(visible) < 300 and _CHALLENGE.search(head) and _MOVES.search(head):
        return "blocked", "a script of the network in front of the site came instead of the page"
    found = _GONE.search(visible)
    if found:
        return "gone", f"the page says 「{_around(visible, found)}」"
    found = _ERROR.search(visible)
    if found:
        return "error", f"the page says 「{_around(visible, found)}」"
    return None


def sends_on_to(page: str) -> str | None:
    """Where a page without text sends its reader by META refresh or by script; None if nowhere."""
    head = page[:20_000]
    found = _REFRESH.search(head) or _SCRIPT_MOVE.search(head)
    return found[1].strip() if found else None


def _around(visible: str, found: re.Match[str]) -> str:
    return visible[max(0, found.start() - 12) : found.end() + 12].strip()
