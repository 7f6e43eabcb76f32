"""The column titles that are guessed to mean a field, in both languages."""

TRANSACTIONS = {
    "customer_code": (
        "customer unique id | customer id | customer no | customer number | customer key | client id | "
        "client code | client no | account | account id | account no | account number | buyer id | member id | "
        "user id | user no | household id | household key | customer | client | cust id | cust no | 客户编号 | "
        "客户代码 | 客户编码 | 客户号 | 客户ID | 会员号 | 会员编号 | 会员ID | 会员卡号 | 用户ID | 用户编号 | "
        "买家ID | 购货单位编码 | 往来单位编码 | 客户"
    ),
    "customer_name": (
        "customer | client | client name | account name | company | company name | buyer | buyer name | 客户名称 | "
        "客户 | 客户简称 | 公司名称 | 客户全称 | 单位名称 | 购货单位 | 购货单位名称 | 往来单位 | 买家会员名 | "
        "买家昵称 | 会员名称"
    ),
    "industry": ("sector | segment | vertical | 行业 | 所属行业 | 客户行业"),
    "region": ("area | territory | province | state | country | 区域 | 地区 | 大区 | 省份 | 所在地区 | 销售区域"),
    "order_no": (
        "order id | order | order code | order number | sales order id | invoice | invoice no | invoice number | "
        "invoice id | document no | so number | po number | sales order | transaction id | basket id | "
        "receipt no | receipt number | bill no | 订单号 | 订单编号 | 订单编码 | 单据编号 | 单据号 | 单号 | "
        "销售单号 | 销售订单号 | 出库单号 | 交易号 | 流水号 | 发票号 | 合同号 | 合同编号"
    ),
    "line_no": (
        "line | line id | row id | item no | position | order line | order line number | order item id | "
        "sales order detail id | 行号 | 明细行号 | 序号 | 项次"
    ),
    "date": (
        "order date | ordered | ordered on | order dt | order time | order timestamp | order purchase timestamp | "
        "invoice date | transaction date | transaction timestamp | purchase date | purchase timestamp | "
        "date of sale | sale date | sales date | po date | document date | posting date | day | created at | "
        "order created at | timestamp | datetime | 日期 | 订单日期 | 下单日期 | 成交日期 | 销售日期 | 单据日期 | "
        "业务日期 | 交易日期 | 出库日期 | 发货日期 | 制单日期 | 开票日期 | 下单时间 | 付款时间 | 支付时间 | "
        "订单创建时间 | 订单付款时间 | 交易时间"
    ),
    "product_code": (
        "product id | product no | product number | product key | sku | item code | item id | item number | "
        "stock code | article | article number | part number | material | 产品编号 | 商品编号 | 产品编码 | "
        "商品编码 | 商品ID | 货号 | 商品代码 | 产品代码 | 物料编码 | 物料编号 | 存货编码"
    ),
    "product_name": (
        "product | item | item name | description | product description | article name | 产品名称 | 产品 | "
        "商品名称 | 商品 | 商品标题 | 宝贝标题 | 品名 | 物料名称 | 存货名称"
    ),
    "category": (
        "product category | category name | product category name | product line | product group | business line | "
        "department | 类别 | 产品类别 | 品类 | 产品线 | 业务线 | 商品类别 | 商品分类 | 存货分类 | 大类"
    ),
    "quantity": (
        "qty | units | count | pieces | number of items | quantity ordered | order qty | order quantity | "
        "units sold | order products | 数量 | 销售数量 | 订购数量 | 购买数量 | 实发数量 | 件数"
    ),
    "amount": (
        "sales | net amount | net sales | revenue | sales value | sales amount | line total | line amount | "
        "extended price | turnover | total | value | net | total amount | total price | total sales | "
        "order amount | order value | purchase amount | payment value | amount paid | dollars | spend | "
        "gross amount | gross sales | 不含税金额 | 无税金额 | 未税金额 | 本币无税金额 | 金额 | 销售额 | 销售金额 | "
        "订单金额 | 总金额 | 成交金额 | 收入 | 销售收入 | 实付金额 | 实收金额 | 买家实际支付金额 | 订单实付金额 | "
        "本币金额 | 总价 | 含税金额 | 价税合计 | 本币价税合计"
    ),
    "unit_price": (
        "unit price | price | price each | price per unit | item price | selling price | sales price | "
        "wholesale price | 不含税单价 | 无税单价 | 单价 | 销售单价 | 价格 | 售价 | 成交单价 | 含税单价"
    ),
    # Not 折扣: 0.85 may be what is taken off or what is left to pay.
    "discount": ("discount rate | unit price discount | discount percent"),
    "cost": ("cogs | cost amount | total cost | cost of goods | 成本 | 成本金额 | 销售成本 | 总成本"),
    "unit_cost": ("standard cost | cost per unit | cost price | purchase price | 单位成本 | 成本单价 | 成本价 | 进价"),
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
