"""The column titles that are guessed to mean a field, in both languages."""

TRANSACTIONS = {
    "customer_code": (
        "customer id | customer no | customer number | client id | client code | account | account no | "
        "account number | buyer id | member id | user id | customer | client | cust id | customerid | 客户编号 | "
        "客户代码 | 客户编码 | 客户号 | 客户ID | 会员号 | 会员编号 | 购货单位编码 | 客户"
    ),
    "customer_name": (
        "customer | client | client name | account name | company | company name | buyer | 客户名称 | 客户 | "
        "公司名称 | 客户全称 | 单位名称 | 购货单位"
    ),
    "industry": ("sector | segment | vertical | 行业 | 所属行业 | 客户行业"),
    "region": ("area | territory | province | state | country | 区域 | 地区 | 大区 | 省份 | 所在地区"),
    "order_no": (
        "order id | order | order code | invoice | invoice no | invoice number | document no | so number | "
        "sales order | transaction id | receipt no | 订单号 | 订单编号 | 单据编号 | 单号 | 销售单号 | "
        "发票号 | 合同号"
    ),
    "line_no": ("line | line id | row id | item no | position | order line | 行号 | 明细行号 | 序号 | 项次"),
    "date": (
        "order date | ordered | ordered on | invoice date | transaction date | purchase date | sale date | day | "
        "created at | "
        "日期 | 订单日期 | 下单日期 | 成交日期 | 销售日期 | 单据日期 | 交易日期 | 开票日期 | 下单时间 | "
        "invoicedate"
    ),
    "product_code": (
        "product id | product no | sku | item code | item id | stock code | article | part number | "
        "material | 产品编号 | 商品编号 | 产品编码 | 商品编码 | 货号 | 物料编码 | 物料编号 | 存货编码"
    ),
    "product_name": (
        "product | item | item name | description | article name | 产品名称 | 产品 | 商品名称 | 商品 | "
        "品名 | 物料名称 | 存货名称"
    ),
    "category": (
        "product category | category name | product line | business line | department | 类别 | 产品类别 | "
        "品类 | 产品线 | 业务线 | 商品类别 | 大类"
    ),
    "quantity": ("qty | units | count | pieces | number of items | 数量 | 销售数量 | 件数"),
    "amount": (
        "sales | revenue | total | value | net | net amount | line total | turnover | price | dollars | "
        "sales amount | total amount | net sales | 金额 | 销售额 | 销售金额 | 订单金额 | 总金额 | 成交金额 | "
        "不含税金额 | 收入"
    ),
    "cost": ("cogs | cost amount | total cost | cost of goods | 成本 | 成本金额 | 销售成本 | 总成本"),
    "gross_profit": ("profit | margin | margin amount | gross margin | 利润 | 毛利 | 毛利额 | 毛利润"),
    "service_cost": ("cost to serve | servicing cost | 服务成本 | 服务费用"),
    "currency": ("currency code | 币种 | 货币 | 币别"),
}
# Customers share the words of the same fields of transactions.
CUSTOMERS = {
    "code": ("id | customer code | 编号 | 代码 | 编码"),
    "name": ("customer name | 名称 | 姓名"),
    "kind": ("type | customer type | 类型 | 客户类型 | 客户性质"),
    "industry": (""),
    "region": (""),
    "scale": ("size | company size | scale | 规模 | 企业规模 | 客户规模 | 经营规模"),
    "owner": ("account manager | owner name | sales rep | salesperson | 负责人 | 客户经理 | 业务员 | 归属人 | 销售"),
    "parent": ("parent code | parent | reseller | group | 上级客户 | 上级编号 | 母公司 | 通过谁购买"),
    "relationship": ("relationship | relationship type | 关系类型 | 合作关系"),
    "spending_capacity": ("spending capacity | capacity | budget | 消费能力 | 采购能力 | 年预算 | 年采购能力"),
    "category_demand": ("category demand | demand | 品类需求 | 需求量 | 年需求"),
    "influence": ("influence score | 影响力"),
    "reach": ("reach | influenced | 影响范围 | 影响人数 | 辐射范围"),
    "buying_step": (
        "buying step | sales stage | pipeline | pipeline stage | 购买步骤 | 购买阶段 | 销售阶段 | 跟进阶段"
    ),
    "expected_level": ("expected level | 预计层级 | 预计层次 | 预期层次"),
    "outside_opinion": ("reputation | outside opinion | 外界评价"),
    "first_contact": ("first contact date | since | customer since | 首次接触 | 首次联系日期 | 建档日期 | 建立日期"),
    "note": ("notes | remark | remarks | comment | 备注 | 说明"),
}
SHARED = {"code": "customer_code", "name": "customer_name", "industry": "industry", "region": "region"}


def words_for(kind, name):
    """The titles that mean a field of this kind of import."""
    own = (TRANSACTIONS if kind == "TRANSACTIONS" else CUSTOMERS).get(name, "")
    more = TRANSACTIONS[SHARED[name]] if kind == "CUSTOMERS" and name in SHARED else ""
    return [word.strip() for word in f"{own} | {more}".split("|") if word.strip()]
