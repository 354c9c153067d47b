"""The old provincial database: `mse.exe`, a CGI that answers in GBK."""

from mirror.spiders.gazetteer import GazetteerSpider


class MseSpider(GazetteerSpider):
    name = "mse"
