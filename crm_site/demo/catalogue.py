"""What the demo firm sells: eight business lines with their margins, products and list prices (CNY, net of tax)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Line:
    """A business line: its name, code prefix, usual gross margin and products as (name, list price)."""

    name: str
    prefix: str
    margin: float
    products: tuple


LINES = (
    Line("视频监控", "VS", 0.22, (
        ("高清网络摄像机", 680), ("球形云台摄像机", 2400), ("热成像摄像机", 9800), ("网络硬盘录像机", 5200),
        ("视频存储服务器", 32000), ("监控立杆与护罩", 950),
    )),
    Line("门禁一卡通", "AC", 0.26, (
        ("门禁控制器", 1900), ("人脸识别终端", 3600), ("通道闸机", 12500), ("智能卡（百张）", 450), ("电磁锁套件", 620),
        ("访客管理终端", 8800),
    )),
    Line("综合布线", "SC", 0.17, (
        ("六类双绞线（箱）", 780), ("室外光缆（千米）", 3400), ("配线架", 560), ("标准机柜", 2600),
        ("桥架与管材", 1200), ("光纤熔接服务", 1500),
    )),
    Line("数据中心", "DC", 0.16, (
        ("机房精密空调", 68000), ("UPS 电源", 42000), ("机架式服务器", 36000), ("动力环境监控", 15500),
        ("蓄电池组", 21000), ("机房防静电地板", 5400),
    )),
    Line("会议系统", "CF", 0.29, (
        ("会议终端", 18500), ("数字会议主机", 12800), ("会议话筒", 1250), ("LED 显示屏（平米）", 7600),
        ("拼接屏单元", 11200), ("庭审录播主机", 26500),
    )),
    Line("智能交通", "TR", 0.20, (
        ("电子警察抓拍单元", 23500), ("信号控制机", 31000), ("诱导屏", 18800), ("地磁车检器", 1400),
        ("车牌识别一体机", 6400), ("停车管理系统", 28500),
    )),
    Line("软件平台", "SW", 0.55, (
        ("视频管理平台授权", 16000), ("综合指挥平台模块", 58000), ("移动执法客户端", 900), ("数据分析模块", 24000),
        ("接口定制开发（人日）", 1800), ("平台年度升级", 9600),
    )),
    Line("运维服务", "MS", 0.42, (
        ("年度维保", 12000), ("季度巡检", 2800), ("驻场服务（人月）", 17500), ("应急抢修", 1600), ("备件更换", 750),
        ("用户培训", 2200),
    )),
)  # fmt: skip
CATEGORIES = [line.name for line in LINES]
PRODUCTS = [
    (f"{line.prefix}-{number:03d}", name, index)
    for index, line in enumerate(LINES)
    for number, (name, _price) in enumerate(line.products, start=1)
]  # code, name, category index
PER_LINE = len(LINES[0].products)
PRICES = np.array([price for line in LINES for _name, price in line.products], dtype=float)
MARGINS = np.array([line.margin for line in LINES])
SERVICE = CATEGORIES.index("运维服务")
SOFTWARE = CATEGORIES.index("软件平台")

# How strongly a sector asks for each business line (rows: sectors; columns: LINES).
DEMAND = {
    "政府机关": [3, 3, 3, 3, 5, 1, 3, 4],
    "企业": [4, 4, 5, 4, 2, 1, 2, 3],
    "公安": [6, 2, 2, 3, 1, 5, 4, 3],
    "法院": [2, 2, 2, 2, 7, 0.5, 3, 3],
    "检察院": [2, 2, 2, 2, 6, 0.5, 3, 3],
    "武警部队": [5, 5, 3, 2, 2, 1, 2, 2],
    "边防部队": [7, 4, 2, 1, 1, 1, 2, 2],
    "铁路": [5, 3, 4, 3, 1, 3, 2, 5],
}
