"""Invented names of places, firms, people and institutions, as a Chinese system integrator would meet them."""

import numpy as np

PLACE_FIRST = list("云青松望澄锦鹿北沁岚栖临翠霁溪鹤铭晏湛苍梧桐雁碧沐浔汀曜栎蓟")
PLACE_SECOND = list("澜河川江泊棠屿岭原湖山阳浦关坪津州港塘城")
FIRM_FIRST = list("恒远锦华盛宏嘉鼎瑞鑫博诚凯启明睿卓汇昌隆泰众优德佳")
FIRM_SECOND = list("曜泊棠川岳航峰源昇维创图信凌辰拓域涛联谷瀚茂屹")
FIRM_TRADES = [
    "新能源科技", "精密制造", "钢铁", "化工", "港务", "物流", "商业地产", "食品", "制药", "纺织", "电子", "水务",
    "燃气", "机械", "汽车零部件", "建材", "文旅", "医疗器械", "农业", "印务",
]  # fmt: skip
FIRM_ENDS = {
    "MICRO": "商行",
    "SMALL": "有限公司",
    "MEDIUM": "有限公司",
    "LARGE": "股份有限公司",
    "GROUP": "集团有限公司",
}
SURNAMES = list("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许邓冯韩曹")
GIVEN = [
    "伟", "静", "磊", "敏", "洋", "艳", "勇", "杰", "娟", "涛", "明", "超", "霞", "平", "刚", "辉", "晓雯", "启明",
    "立群", "志强", "建国", "海燕", "玉兰", "国栋", "文博", "思远", "雨桐", "子涵", "嘉怡", "浩然", "俊峰", "雪梅",
    "春生", "丽华", "振东", "佳琪", "永康", "慧敏", "学军", "新宇",
]  # fmt: skip

# Sector -> the institutions it consists of, and whether the place is a city, district or county.
INSTITUTIONS = {
    "政府机关": ["政务服务中心", "应急管理局", "城市管理局", "教育局", "卫生健康局", "水利局", "财政局", "档案馆"],
    "公安": ["公安局", "公安局交警支队", "看守所", "派出所"],
    "法院": ["人民法院", "中级人民法院", "法庭"],
    "检察院": ["人民检察院", "检察院驻所检察室"],
    "武警部队": ["支队", "机动大队", "后勤处", "训练基地"],
    "边防部队": ["支队", "检查站", "边防营"],
    "铁路": ["站", "车务段", "工务段", "供电段", "铁路建设公司"],
}
PLACE_KINDS = ["市", "区", "县"]


def _pick(rng, words, size):
    return np.asarray(words, dtype=object)[rng.integers(len(words), size=size)]


def places(rng, size):
    """`size` invented place names of two characters without the kind of place."""
    return _pick(rng, PLACE_FIRST, size) + _pick(rng, PLACE_SECOND, size)


def people(rng, size):
    """`size` personal names, family name first."""
    return _pick(rng, SURNAMES, size) + _pick(rng, GIVEN, size)


def firms(rng, scales):
    """One firm's name for every scale code."""
    size = len(scales)
    brand = places(rng, size) + _pick(rng, FIRM_FIRST, size) + _pick(rng, FIRM_SECOND, size)
    ends = np.asarray([FIRM_ENDS[scale] for scale in scales], dtype=object)
    return brand + _pick(rng, FIRM_TRADES, size) + ends


def institutions(rng, sector, size):
    """`size` names of institutions of one sector."""
    where, what = places(rng, size), _pick(rng, INSTITUTIONS[sector], size)
    if sector == "武警部队":
        return "武警" + where + what
    if sector == "边防部队":
        return "边防" + where + what
    if sector == "铁路":
        return where + what
    return where + _pick(rng, PLACE_KINDS, size) + what
