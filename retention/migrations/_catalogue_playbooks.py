"""Steps, cost and expected effect of every template: (cost, effect, 效果, [(working day or None, step, 步骤)])."""

CHECK = None  # a point of the checklist, without a day

PLAYBOOKS = {
    # Relationship tier
    "T-STR-PROMO": (80, "A first talk about a concrete need", "谈到具体需求", [
        (2, "Send the introduction for the industry", "发送行业版简介"),
        (5, "Call and ask for this year's need", "电话了解今年需求"),
        (CHECK, "Name of the person who decides", "记下决策人姓名")]),
    "T-ACQ-SIM": (60, "One more order in the same category", "同类产品多一单", [
        (3, "Choose the matching product from past orders", "对照历史订单选好配套产品"),
        (6, "Make the offer", "发出报价"),
        (10, "Follow up once", "跟进一次")]),
    "T-ACQ-UPGRADE": (600, "Proof for the tier of friends", "取得朋友层次的依据", [
        (3, "Prepare an offer made for this customer", "准备专属方案"),
        (8, "Visit and present it", "上门讲解方案"),
        (10, "Ask for satisfaction and trust", "请对方评价满意度和信任度")]),
    "T-FRI-NEED": (200, "At least one need not yet served is known", "掌握至少一项潜在需求", [
        (5, "Talk about plans and bottlenecks", "沟通规划与瓶颈"),
        (10, "Record every need that we can serve", "把可满足的需求录入系统")]),
    "T-FRI-DIV": (300, "First order in a new category", "新品类首单", [
        (3, "Choose the need and the colleague", "选定需求和同事"),
        (8, "Talk with the customer together", "一起拜访客户"),
        (15, "Send the offer", "发送方案与报价")]),
    "T-PAR-1TO1": (800, "Agreed plan for the next quarter", "商定下季度方案", [
        (2, "Collect figures and open points", "汇总数据与未决事项"),
        (7, "Meet and agree on three steps", "会谈并商定三项行动"),
        (10, "Send the minutes with names and days", "发出写明责任人和日期的纪要")]),
    "T-PAR-COMMIT": (100, "No broken promise of ours", "我方承诺无逾期", [
        (1, "List promises due and broken", "列出到期与逾期承诺"),
        (2, "Call before the customer does", "抢先致电客户"),
        (4, "Keep it, or agree on a new day", "兑现或约定新日期")]),
    "T-PAR-DEEP": (2000, "One joint project begun", "启动一个联合项目", [
        (5, "Sketch three possible projects", "草拟三个合作项目"),
        (15, "Discuss them with the partner's management", "与对方管理层讨论"),
        (21, "Decide on one and name its lead", "确定一项并指定负责人")]),
    "T-MIX": (150, "Tier share back within its range", "层次占比回到目标区间", [
        (5, "Decide: acquire, defend, leverage or convert", "决定获取、守住、挖潜或转化"),
        (10, "Agree on the next step with the owner", "与负责人商定下一步"),
        (21, "Check the effect on the mix", "检查对结构的影响")]),
    # Lifecycle stage
    "S-EXP-PERSUADE": (60, "First order, however small", "促成首单，不计大小", [
        (1, "Send references of the same industry", "发送同行业案例"),
        (4, "Propose a small first deal", "建议先做一笔小单"),
        (7, "Ask for the decision", "询问决定")]),
    "S-EXP-STIM": (80, "Second order within two months", "两个月内第二单", [
        (2, "Ask how the first order went", "询问首单体验"),
        (4, "Send the time-limited offer", "发送限时优惠"),
        (7, "Remind once", "提醒一次")]),
    "S-EXP-FREE": (400, "The customer speaks well of us", "客户给出正面评价", [
        (3, "Choose the service with the customer", "与客户确定服务内容"),
        (10, "Deliver it", "完成服务"),
        (CHECK, "Not on the invoice", "不计入账单")]),
    "S-EXP-ASSESS": (60, "Scale, capacity and demand are known", "规模、能力、需求齐全", [
        (5, "Ask for scale and yearly demand", "了解规模与年需求"),
        (10, "Enter the figures", "录入数据"),
        (15, "Set the expert scores", "完成专家评分")]),
    "S-FOR-VALUE": (500, "Satisfaction and trust of four or more", "满意度与信任达到 4 分", [
        (3, "Agree on one thing that saves time", "约定一件省时省心的事"),
        (8, "Deliver it visibly", "让客户看得见地做到"),
        (10, "Ask again for satisfaction and trust", "再次了解满意度和信任")]),
    "S-FOR-SCREEN": (40, "Kind of relationship is decided", "明确关系类别", [
        (5, "Look at rhythm, margin and talks", "查看节奏、毛利与沟通"),
        (10, "Discuss with the lead", "与主管讨论"),
        (15, "Record short-term or long-term", "登记短期或长期")]),
    "S-FOR-CONTACT": (40, "Contact kept within six weeks", "六周内保持联系", [
        (3, "Choose the occasion", "选好由头"),
        (7, "Be in touch and note the answer", "联系并记录反馈")]),
    "S-STA-SAT": (40, "A fresh answer on satisfaction", "得到最新满意度", [
        (2, "Send the short survey", "发送简短问卷"),
        (7, "Remind once", "提醒一次"),
        (10, "Call back whoever gave three or less", "三分及以下当天回电")]),
    "S-STA-INNOV": (1200, "One new idea accepted", "采纳一项新方案", [
        (5, "Collect ideas with product colleagues", "与产品同事汇总点子"),
        (12, "Present the best one", "讲解最合适的一项"),
        (21, "Agree on a trial", "商定试点")]),
    "S-STA-BALANCE": (200, "Both sides gain again", "恢复双赢", [
        (5, "Put margin, payments and promises side by side", "并列毛利、付款与承诺"),
        (10, "Name what is out of balance", "指出失衡之处"),
        (15, "Settle it in a talk", "面谈解决")]),
    "S-STA-FREE": (500, "Recognition without a discount", "不打折的认可", [
        (5, "Choose what this customer would value", "选客户看重的方式"),
        (21, "Give it in person", "当面送达")]),
    "S-DEC-DIAG": (200, "Reason known, decision recorded", "原因查清、决定在案", [
        (1, "Look at complaints, answers and orders", "查看投诉、评价与订单"),
        (2, "Call and ask for the reason", "致电了解原因"),
        (4, "Decide: recover or release", "决定挽回或放手")]),
    "S-DEC-RECOVER": (900, "First order after the decline", "退化后的首单", [
        (2, "Name a fresh contact", "换一位对接人"),
        (4, "Find one new need", "找到一个新需求"),
        (7, "Offer with one clear improvement", "给出一项明显改进的方案")]),
    "S-DEC-RELEASE": (20, "Effort in line with value", "投入与价值相符", [
        (7, "Move to self-service", "转为自助服务"),
        (14, "End special prices", "停止特价"),
        (21, "Take leave politely", "客气告知")]),
    # Phase
    "F-POT-CONF": (80, "Trial or first order", "试用或首单", [
        (0, "Answer the same day", "当天回复"),
        (1, "Name a reference to call", "提供可核实的老客户"),
        (2, "Offer the trial", "提供试用")]),
    "F-NEW-PERCEPT": (40, "Opinion on product, service and value", "了解产品、服务与价值感受", [
        (2, "Call and listen", "致电倾听"),
        (5, "Settle what disturbs", "解决不满之处"),
        (CHECK, "Asked whether the price feels right", "问过价格是否合适")]),
    "F-LOY-NEEDS": (150, "New needs and rivals are known", "掌握新需求与竞争动向", [
        (5, "Ask what they tested lately", "询问近期试用过什么"),
        (10, "Record needs and competitors", "记录需求与竞争对手")]),
    "F-NB-TRUST": (300, "The second order in the new line", "新业务第二单", [
        (2, "Appoint a contact for the line", "指定对接人"),
        (5, "Explain the first steps", "讲清前几步"),
        (10, "Look in and ask", "回访使用情况")]),
    # Retention content
    "C-DB": (20, "Profile complete", "资料完整", [
        (5, "Fill in industry, scale and region", "补齐行业、规模、地区"),
        (10, "Ask for capacity and demand", "了解消费能力与需求"),
        (15, "Name the person who decides", "登记决策人")]),
    "C-PRE": (40, "Order at the usual time", "按节奏下单", [
        (1, "Check stock and terms", "核对库存与条件"),
        (3, "Ask about plans", "询问计划"),
        (5, "Send the offer", "发送报价")]),
    "C-DUR": (60, "No surprise during delivery", "交付无意外", [
        (1, "Get the state from delivery", "向交付了解进度"),
        (2, "Report before anybody asks", "主动通报"),
        (4, "Confirm the date", "确认日期")]),
    "C-POST": (40, "Everything works", "使用正常", [
        (2, "Ask whether it arrived and works", "询问到货与使用"),
        (5, "Settle small defects", "处理小问题")]),
    "C-LOYAL": (100, "Reward only where it counts", "回报用在刀刃上", [
        (7, "Ask whether a reward matters", "了解回报是否重要"),
        (14, "Estimate the cost of switching", "估算转换成本"),
        (21, "Decide and record", "决定并记录")]),
    "C-SWITCH": (600, "Frame contract or a second line", "签框架合同或第二条产品线", [
        (5, "Find what would bind both sides", "找到对双方有利的绑定点"),
        (14, "Make the offer", "提出方案"),
        (21, "Agree or note why not", "达成或记录原因")]),
    "C-COMPL": (100, "Answered before the deadline", "在期限前答复", [
        (0, "Call and say who works on it", "致电告知处理人"),
        (1, "Answer with cause and remedy", "答复原因与措施"),
        (CHECK, "Cause recorded", "原因已登记")]),
    # Bonds
    "B1-DISCOUNT": (2000, "Larger orders for a lower price", "以量换价", [
        (2, "Reckon quantity and margin", "核算数量与毛利"),
        (5, "Offer, tied to the quantity", "按数量报价"),
        (CHECK, "Approved by the lead", "主管已批准")]),
    "B1-REBATE": (1500, "Amounts back at last year's", "采购额回到去年水平", [
        (3, "Reckon the yearly target", "测算年度目标"),
        (7, "Offer the rebate", "提出返利"),
        (10, "Put it in writing", "落到书面")]),
    "B1-BUNDLE": (800, "Two products in one order", "两样产品一单成交", [
        (3, "Put the package together", "组合套餐"),
        (7, "Offer one price, one delivery", "一个价一次交付"),
        (10, "Follow up", "跟进")]),
    "B2-CONTACT": (100, "The customer knows whom to call", "客户知道找谁", [
        (2, "Name contact and stand-in", "指定对接人与备份"),
        (5, "Introduce both", "正式介绍"),
        (CHECK, "Contact person of the customer on record", "已登记客户联系人")]),
    "B2-VISIT": (600, "Seen on site this half-year", "半年内到过现场", [
        (3, "Agree on a day", "约定日期"),
        (10, "Visit and thank", "登门致谢"),
        (CHECK, "Notes of the visit on record", "拜访记录已录入")]),
    "B2-CLUB": (800, "Takes part in the next round", "参加下一次活动", [
        (5, "Invite in person", "亲自邀请"),
        (14, "Confirm the place", "确认名额"),
        (21, "Introduce to two others", "引见两位同行")]),
    "B3-EDI": (8000, "Orders come electronically", "电子下单", [
        (10, "Talk between both IT sides", "双方技术对接"),
        (20, "Plan and cost on one page", "一页纸写明计划与成本"),
        (32, "Decide", "决定")]),
    "B3-JOINT": (10000, "Joint project decided", "共建项目立项", [
        (10, "Effort, gain and exit of both sides", "双方投入、收益与退出"),
        (25, "Talk between managements", "管理层会谈"),
        (43, "Decide and sign", "决定并签约")]),
    # Resource value
    "R-DEV": (60, "First talk with the recommended customer", "与被推荐客户首谈", [
        (1, "Thank for the recommendation", "感谢推荐"),
        (3, "Ask for an introduction", "请求引荐"),
        (5, "Contact the recommended customer", "联系被推荐客户")]),
    "R-CARE": (40, "In touch again", "恢复联系", [
        (5, "Call without an offer", "致电问候，不谈生意"),
        (10, "Note one thing to come back to", "记下一件可再聊的事")]),
    "R-QUALITY": (1500, "No complaint in the next quarter", "下季度零投诉", [
        (1, "Cause from the quality manager", "质量负责人查明原因"),
        (3, "Visit together with cause and remedy", "一起上门说明整改"),
        (4, "Confirm in writing", "书面确认")]),
    "R-INNOV": (900, "A trial of something new", "试用新方案", [
        (2, "Choose from the roadmap", "从路线图中选项"),
        (5, "Show and ask", "展示并征询"),
        (7, "Agree on a trial", "商定试用")]),
    "R-SERVICE": (300, "Satisfaction back at four", "满意度回到 4 分", [
        (0, "Apologise", "致歉"),
        (1, "Say what changes", "说明改进"),
        (2, "Answer what is open", "答复未决事项"),
        (CHECK, "Return visit after two weeks planned", "已安排两周后回访")]),
    "R-COUNTER": (500, "The next order comes to us", "下一单仍归我们", [
        (1, "Find out who offers what", "摸清对手报价"),
        (3, "Answer with value", "以价值回应"),
        (4, "Price only with approval", "经批准再谈价格")]),
    "R-WB-CONTACT": (60, "Reason of the loss recorded", "流失原因在案", [
        (3, "Call without an offer", "致电，不推销"),
        (5, "Record the reason", "登记原因"),
        (7, "Choose the lever or let go", "选择挽回方式或放手")]),
    "R-WB-QUALITY": (1200, "A trial delivery accepted", "接受试供", [
        (3, "Collect tests, supplier, guarantee", "整理检测、供应商与质保"),
        (6, "Show what changed", "说明整改"),
        (10, "Offer the trial delivery", "安排试供")]),
    "R-WB-SERVICE": (500, "Back in talks", "重新洽谈", [
        (2, "Name a new contact", "指定新对接人"),
        (5, "Apology from above", "上级致歉"),
        (10, "Response time in writing", "书面承诺响应时限")]),
    "R-WB-COMPLETE": (700, "The missing part is offered", "补齐缺项", [
        (3, "Name what was missing", "明确缺了什么"),
        (7, "Offer it", "提供该项"),
        (10, "Agree on a first order", "商定首单")]),
    "R-WB-COST": (400, "Whole cost lower than the rival's", "总成本低于竞争对手", [
        (3, "Reckon the customer's whole cost", "测算客户总成本"),
        (7, "Show the saving", "展示节省"),
        (10, "Offer", "报价")]),
    "R-WB-IDEA": (200, "Goodwill, and a door open", "留下好感与机会", [
        (3, "Find one useful thing to do", "找一件有用的事"),
        (10, "Do it, without asking for an order", "做好，不求订单")]),
    "R-FIRE": (40, "A proposal that a second person can decide", "可供第二人裁定的建议", [
        (7, "Gather figures and effort", "整理数据与投入"),
        (14, "Talk with the lead", "与主管沟通"),
        (21, "Propose with evidence", "附依据提出")]),
    "R-BUYER": (400, "Known to the new buyer", "新采购认识我们", [
        (1, "Ask for a meeting", "约见"),
        (3, "History in two pages", "两页合作历程"),
        (4, "Visit with a reference inside", "由内部熟人引荐拜访")]),
    # Quadrant
    "Q-HH": (300, "No silence over a month", "不超过一个月无联系", [
        (1, "Call the person who decides", "致电决策人"),
        (3, "Check priority in stock and service", "检查供货与服务优先"),
        (5, "Note the next date", "约定下次时间")]),
    "Q-HL-CONTACT": (300, "Two people know us", "对方两人以上认识我们", [
        (3, "Find out who decides", "了解决策链"),
        (7, "Meet them", "拜访")]),
    "Q-HL-WATCH": (60, "Delay explained", "查明延迟原因", [
        (2, "Look for news and open requests", "查动态与未决需求"),
        (5, "Ask directly", "直接询问")]),
    "Q-HL-LOYAL": (800, "Regular orders for a year", "稳定下单一年", [
        (5, "Choose rebate, contact or guarantee", "选返利、专人或质保"),
        (10, "Agree on it", "商定"),
        (15, "Put it in writing", "落到书面")]),
    "Q-LH-PROMO": (150, "Order after the offer", "推广后下单", [
        (2, "Read the purchase history", "查看购买记录"),
        (4, "Send the offer", "发送推荐"),
        (7, "Call", "致电跟进")]),
    "Q-LH-BRAND": (300, "Seen a demonstration", "看过演示", [
        (3, "Invite", "邀请"),
        (10, "Demonstrate or visit a customer", "演示或参观样板客户")]),
    "Q-LH-CROSS": (200, "A second category", "第二个品类", [
        (3, "Choose the category", "选定品类"),
        (7, "Offer it", "推荐"),
        (10, "Follow up", "跟进")]),
    "Q-LL-TRIAGE": (20, "Decision on the effort", "明确投入", [
        (7, "Look at value and trend", "查看价值与趋势"),
        (15, "Keep, raise or reduce", "保持、提升或减少")]),
    "Q-LL-REDUCE": (10, "Fewer contacts without gain", "减少无收益往来", [
        (10, "Move to self-service", "转为自助服务"),
        (15, "Tell the customer", "告知客户")]),
    # Pyramid
    "P-HI-VIP": (3000, "A plan of its own for a key customer", "重要客户一户一策", [
        (5, "Name the team and the terms", "明确团队与条件"),
        (10, "Agree on it with the customer", "与客户商定"),
        (15, "Start", "启动")]),
    "P-HI-VISIT": (600, "Visited within the cadence", "按周期走访", [
        (3, "Agree on a day", "约定日期"),
        (10, "Visit and listen", "走访倾听"),
        (CHECK, "Opinions recorded as suggestions", "意见已登记")]),
    "P-HI-OPINION": (60, "Answered in time", "按时反馈", [
        (1, "Ask who decides on it", "找到决定人"),
        (4, "Tell the customer what we do", "告知客户处理结果")]),
    "P-OR-GUIDE": (200, "Closer to the next level", "向上一层靠近", [
        (5, "Reckon the gap", "测算差距"),
        (10, "Propose two steps", "提出两步"),
        (15, "Help with the first", "协助第一步")]),
    "P-OR-HOLD": (10, "No more effort than today", "投入不增加", [
        (10, "Agree on the basic service", "确定基本服务"),
        (21, "Check the contacts made", "核对往来次数")]),
    "P-LO-NURTURE": (60, "A first larger order", "首个较大订单", [
        (5, "Call or invite", "致电或邀请"),
        (15, "Starter offer", "入门方案")]),
    "P-LO-RESTRICT": (30, "No new credit", "不再新增赊销", [
        (1, "Stop credit", "停止赊销"),
        (2, "Tell the customer", "告知客户"),
        (4, "Agree on a payment plan", "商定还款计划")]),
    "P-LO-TERM": (100, "Receivables secured, exit proposed", "落实应收并提出退出", [
        (3, "Collect the evidence", "整理依据"),
        (6, "Secure the receivables", "落实应收"),
        (10, "Propose the exit to the lead", "向主管提出退出")]),
}  # fmt: skip
