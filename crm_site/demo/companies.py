"""The customers themselves: 21 named ones across eight sectors (text 003, A08) and generated ones around them."""

import numpy as np
import pandas as pd

from crm_site.demo import names
from crm_site.demo.lifecycles import ARCHETYPES

SECTORS = {"政府机关": 0.2, "企业": 0.44, "公安": 0.1, "法院": 0.06, "检察院": 0.05, "武警部队": 0.04,
           "边防部队": 0.03, "铁路": 0.08}  # fmt: skip
REGIONS = [
    "江苏", "浙江", "上海", "山东", "广东", "福建", "湖北", "湖南", "四川", "重庆", "陕西", "河南", "辽宁", "云南",
]  # fmt: skip
REGION_SHARES = np.array([14, 12, 9, 9, 12, 6, 6, 5, 7, 4, 4, 5, 4, 3]) / 100
SCALES = ["MICRO", "SMALL", "MEDIUM", "LARGE", "GROUP"]
SCALE_SHARES = {
    "企业": [0.22, 0.34, 0.26, 0.13, 0.05],
    "": [0.05, 0.25, 0.42, 0.22, 0.06],  # institutions
}
INDIVIDUAL_SHARE = 0.12  # of the enterprises: small contractors and shop owners

# code, name, sector, region, scale, archetype
NAMED = [
    ("A001", "云岚市政务服务中心", "政府机关", "江苏", "LARGE", "stable"),
    ("A002", "青澜区应急管理局", "政府机关", "江苏", "MEDIUM", "seasonal"),
    ("A003", "松河县城市管理局", "政府机关", "浙江", "MEDIUM", "growing"),
    ("A004", "恒曜钢铁集团有限公司", "企业", "山东", "GROUP", "stable"),
    ("A005", "澄江新能源科技股份有限公司", "企业", "上海", "LARGE", "growing"),
    ("A006", "远泊港务集团有限公司", "企业", "浙江", "GROUP", "declining"),
    ("A007", "锦棠商业地产有限公司", "企业", "广东", "MEDIUM", "early_exit"),
    ("A008", "云岚市公安局", "公安", "江苏", "GROUP", "stable"),
    ("A009", "望川区公安分局", "公安", "四川", "LARGE", "formation"),
    ("A010", "沁原县公安局交警大队", "公安", "陕西", "MEDIUM", "midway"),
    ("A011", "云岚市中级人民法院", "法院", "江苏", "LARGE", "stable"),
    ("A012", "青澜区人民法院", "法院", "江苏", "MEDIUM", "new"),
    ("A013", "云岚市人民检察院", "检察院", "江苏", "LARGE", "long_ended"),
    ("A014", "松河县人民检察院", "检察院", "浙江", "SMALL", "prospect"),
    ("A015", "武警云岚支队", "武警部队", "江苏", "LARGE", "stable"),
    ("A016", "武警鹿原机动大队", "武警部队", "河南", "MEDIUM", "reactivated"),
    ("A017", "边防北屿支队", "边防部队", "辽宁", "LARGE", "long_ended"),
    ("A018", "边防鹤关检查站", "边防部队", "云南", "SMALL", "abortion"),
    ("A019", "云川铁路集团有限公司", "铁路", "上海", "GROUP", "growing"),
    ("A020", "松河高铁站", "铁路", "浙江", "MEDIUM", "declining"),
    ("A021", "云岚地铁运营有限公司", "铁路", "江苏", "LARGE", "one_time"),
]
COLUMNS = ["code", "name", "industry", "region", "scale", "archetype"]


def draw(rng, count):
    """The customers as a frame: code, name, kind, industry, region, scale, archetype, quality.

    quality is a standard normal draw behind everything that tells good from poor customers.
    """
    named = pd.DataFrame(NAMED[:count], columns=COLUMNS).assign(kind="ORGANISATION")
    frame = pd.concat([named, _generated(rng, count - len(named))], ignore_index=True)
    frame["quality"] = rng.normal(size=count).round(6)
    frame.loc[: len(named) - 1, "quality"] = np.abs(frame.loc[: len(named) - 1, "quality"])
    return frame


def _generated(rng, count):
    sector = rng.choice(list(SECTORS), size=count, p=list(SECTORS.values())).astype(object)
    frame = pd.DataFrame(
        {
            "code": [f"C{number:05d}" for number in range(1, count + 1)],
            "name": "",
            "industry": sector,
            "region": rng.choice(REGIONS, size=count, p=REGION_SHARES).astype(object),
            "scale": _scales(rng, sector),
            "archetype": _archetypes(rng, count),
            "kind": "ORGANISATION",
        }
    ).astype(object)
    single = (
        (frame.industry == "企业") & frame.scale.isin(["MICRO", "SMALL"]) & (rng.random(count) < INDIVIDUAL_SHARE * 2)
    )
    frame.loc[single, "kind"] = "INDIVIDUAL"
    _name(rng, frame, single.to_numpy(bool))
    return frame


def _scales(rng, sector):
    firm = sector == "企业"
    scale = np.empty(len(sector), dtype=object)
    scale[firm] = rng.choice(SCALES, size=firm.sum(), p=SCALE_SHARES["企业"])
    scale[~firm] = rng.choice(SCALES, size=(~firm).sum(), p=SCALE_SHARES[""])
    return scale


def _archetypes(rng, count):
    """Archetypes in their shares; small demos get one of each kind first."""
    shares = np.array([archetype.share for archetype in ARCHETYPES.values()])
    drawn = rng.choice(list(ARCHETYPES), size=count, p=shares / shares.sum()).astype(object)
    kinds = list(ARCHETYPES)[:count]
    drawn[: len(kinds)] = kinds
    return drawn


def _name(rng, frame, single):
    firm = (frame.industry == "企业").to_numpy(bool)
    frame.loc[single, "name"] = names.people(rng, int(single.sum()))
    frame.loc[firm & ~single, "name"] = names.firms(rng, list(frame.scale[firm & ~single]))
    for sector in names.INSTITUTIONS:
        rows = (frame.industry == sector).to_numpy(bool)
        frame.loc[rows, "name"] = names.institutions(rng, sector, int(rows.sum()))
    # Two institutions of one name are told apart as people do it: by a number.
    twin = frame.groupby("name").cumcount()
    frame.loc[twin > 0, "name"] = frame.name[twin > 0] + "(" + (twin[twin > 0] + 1).astype(str) + ")"
