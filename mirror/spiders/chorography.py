"""The public mirror, 山东地情档案."""

from mirror.spiders.gazetteer import GazetteerSpider


class ChorographySpider(GazetteerSpider):
    name = "chorography"
