"""Names of persons: what tells two or three characters from any other word."""

from __future__ import annotations

import re

#: The family names of nearly everybody.
_FAMILY_TEXT = """
赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦
昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧肖
尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟
徐邱丘骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆
荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武
符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉
宰郦雍却璩桑桂濮牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎闫充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满
弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游
竺权逯盖益桓公亓付代苑仝闪初展苟信隋鹿牟丛矫綦栗岳战原修亢胶辇衣
"""
_DOUBLE_TEXT = """
欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 司徒 夏侯 令狐 宇文 长孙 端木 淳于 东郭
南宫 西门 轩辕 单于 申屠 公冶 万俟 闻人
"""
#: Words that begin with what may be a family name, and are often put in brackets.
_OTHER_TEXT = """
高中 初中 白天 方法 水利 常年 安全 明代 元代 清明 成年 成立 金额 平方 平均 和平 年代
时间 时代 计划 全国 全文 全年 国家 文化 文物 文献 文艺 农业 农村 水文 石刻 石器 单位
都有 通讯 通信 利用 相同 公元 公里 公顷 公斤 万元 万人 万亩 经济 经费 富裕 边远 东部
广播 代表 展览 修订 修改 原件 原文 关于 简称 简介 连续 游览 项目 应急 从略 于后 何时
何人 许多 时任 车间 强调 管理 支出 向阳 古代 古籍 古诗 连载 易地 后续 居民 查无 空缺
养殖 司法 幸福 印刷 从此 索引 寿命 别名 申报 尚无 明细 张数 双方 双月 乐器 马匹 牛羊
干部 干旱 戏曲 华东 华北 山东 广西 石岛 于是 于今
"""
_FAMILY = frozenset(_FAMILY_TEXT) - {"\n"}
_DOUBLE = tuple(_DOUBLE_TEXT.split())
_OTHERS = frozenset(_OTHER_TEXT.split())
_PLACE = frozenset("县市省区镇乡州")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+(?:·[\u3400-\u9fff]+)?\Z")


def is_name(text: str) -> bool:
    """Whether a word is the name of a person: a family name and one or two characters more.

    Names of other peoples count when they are written with a middle dot.
    """
    if not _HAN.match(text):
        return False
    if "·" in text:
        return len(text) <= 16
    if text.startswith(_DOUBLE):
        return 3 <= len(text) <= 4
    return text[0] in _FAMILY and 2 <= len(text) <= 3 and text not in _OTHERS and text[-1] not in _PLACE
