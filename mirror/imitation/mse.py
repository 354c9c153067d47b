"""Pages of the old CGI: GBK bytes that call themselves gb2312, tags unclosed and unquoted, links in script only."""

from __future__ import annotations

from mirror.imitation.corpus import Corpus, ImitatedBook, ImitatedHeading

_SCRIPT = """<SCRIPT>
<!--
function sf(a,rec,by){
var q="seachword="+escape(seachword);
q+="&K="+K;
q+="&A="+a;
q+="&rec="+rec;
q+="&run="+13;
w=window.open(self.location.pathname+"?"+q,"show_rec","width=770,height=580,scrollbars=yes,resizable=yes");
w.focus();
}
function sp(list1,total){
var q="seachword="+escape(seachword);
q+="&K="+K;
q+="&A="+A;
q+="&rec="+rec;
if(list1<=1) list1=1;
if(list1>total) list1=total;
q+="&list="+list1;
q+="&page="+page;
q+="&run="+12;
self.location=self.location.pathname+"?"+q;
}
function listk(kk,aa){
var q="seachword="+escape(seachword);
q+="&K="+kk;
q+="&A="+aa;
q+="&run="+12+"#0";
w=window.open(self.location.pathname+"?"+q,"serch");
w.focus();
}
//-->
</SCRIPT>
"""


def _page(state: dict[str, str], body: str, elapsed_ms: int) -> bytes:
    variables = "".join(f"{name}='{state.get(name, '')}';\n" for name in _STATE)
    text = (
        "\n<html>\n\t<head>\n\t\t<title>全文检索</title>\n"
        '\t\t<META HTTP-EQUIV="Content-Type" content="text/html; charset=gb2312">\n'
        f'{_SCRIPT}\t</head>\n\t<body bgcolor="#edf0f5" onLoad="on();">\n'
        '<a href="/ftr/ftr.htm" target="home"><img border="0" src="/images/01.gif" width="129" height="121"></a>\n'
        f"<SCRIPT>\n{variables}</SCRIPT>\n\n{body}<!--总用时{elapsed_ms} ms--></BODY>\n\n</HTML>\n"
    )
    return encode(text)


_STATE = ("seachword", "K", "A", "run", "list", "page", "rec")


def encode(text: str) -> bytes:
    """As the CGI sends it: what GBK has in GBK, the rest as GB18030 has it, line ends CR LF."""
    return text.replace("\n", "\r\n").encode("gb18030")


def entrance(corpus: Corpus) -> bytes:
    """/ftr/ftr.htm: a form with the libraries."""
    options = "".join(f'\t\t\t\t<OPTION value="{code}">{title}</OPTION>\n' for code, title in corpus.libraries())
    return encode(
        '<html><head><META HTTP-EQUIV="Content-Type" content="text/html; charset=gb2312"><title>资料库检索</title></head>\n'
        '<body><FORM name="SER" action="/bin/mse.exe" method="get"><INPUT name="Text1" type="text">\n'
        f'<SELECT name="Select1">\n\t\t\t\t<OPTION value="0" selected>全部</OPTION>\n{options}</SELECT></FORM></body></html>\n'
    )


def contents(
    corpus: Corpus, library: str, number: int | None, elapsed_ms: int, at: int = 1, size: int = 0
) -> bytes | None:
    """run=12: the books of a library, and the table of contents of one of them. None if there is no such one.

    Args:
        corpus: What there is.
        library: Code.
        number: Of the book; None for the books alone.
        elapsed_ms: What the page says it took.
        at: Which page of the contents, from 1.
        size: Lines of contents on a page; 0 for all on one.
    """
    title = dict(corpus.libraries()).get(library)
    if title is None:
        return None
    books = corpus.books(library)
    book = corpus.book(library, number) if number is not None else None
    if number is not None and book is None:
        return None
    body = f"<br><br> \t   <TABLE border=1> \t\t\t<tr><tr><td width='600'colspan='5'bgcolor='#B8D1F3'><p align='center'> {title}</td></tr>\n\n"
    for row in range(0, len(books), 5):
        cells = [
            f"<td width='200'><A HREF=javascript:listk('{library}','{one.number}')>  {one.number} {one.title} </A></td>"
            for one in books[row : row + 5]
        ]
        cells += ["<td width='200'>　</td>"] * (5 - len(cells))
        body += "</tr><tr>" + " ".join(cells) + " \n\n"
    body += "</tr></table><a name=0 id=0>　</a><br>"
    if book is not None:
        headings = corpus.headings(book)
        pages = -(-len(headings) // size) if size else 1
        if at > pages:
            return None
        if size:
            headings = headings[(at - 1) * size : at * size]
        body += f"当前资料是 {title} <b>{book.title}</b>  全库目录 \n<br><br><hr>"
        body += "".join(
            f"\n<br><A HREF=javascript:sf({book.number},{one.rec},'{one.code}') NAME='{one.code}'>"
            f"{'　' * one.indent}{one.title}</A>"
            for one in headings
        )
        body += "<hr>"
        if pages > 1:
            steps = (("首页", 1), ("上一页", at - 1), ("下一页", at + 1), ("尾页", pages))
            body += "".join(f"<A HREF=javascript:sp({to},{pages})>{name}</A> " for name, to in steps)
    state = {"K": library, "A": str(number or ""), "run": "12", "list": str(at) if at > 1 else ""}
    return _page(state, body, elapsed_ms)


def entry(corpus: Corpus, book: ImitatedBook, heading: ImitatedHeading, elapsed_ms: int) -> bytes:
    """run=13: one entry, preformatted."""
    title = dict(corpus.libraries())[book.library]
    text = "\n".join(corpus.lines(book, heading))
    template = ' class="v2"' if corpus.state >= 2 else ""
    body = (
        f"<p align=center{template}>{title} <b>{book.title}</b>\n<hr>\n"
        f'<div class="txt"><pre>\n{text}\n</pre></div><hr>'
    )
    state = {"K": book.library, "A": str(book.number), "rec": str(heading.rec), "run": "13"}
    return _page(state, body, elapsed_ms)


def nothing_there(elapsed_ms: int) -> bytes:
    """What the CGI says of a number it does not have: status 200 all the same."""
    return _page({"run": "13"}, "<p align=center>没有找到符合条件的记录！<br><br>", elapsed_ms)


def block_page() -> bytes:
    """A flood-control page, status 200."""
    return encode(
        '<html><head><META HTTP-EQUIV="Content-Type" content="text/html; charset=gb2312"><title>访问受限</title></head>'
        "<body><h2>您的访问过于频繁，请稍后再试</h2><p>系统检测到异常访问，请输入验证码后继续。</p></body></html>\n"
    )
