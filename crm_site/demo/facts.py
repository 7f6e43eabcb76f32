"""Facts of the relationship: contacts made, complaints, suggestions, referrals, surveys, tiers, expert scores."""

import numpy as np
import pandas as pd

from crm_site.demo import names
from crm_site.demo.lifecycles import DAYS
from crm_site.demo.summary import some

POSITIONS = ["采购主管", "信息科科长", "设备科科长", "项目负责人", "后勤主任", "办公室主任"]
KINDS = ["CALL", "VISIT", "MEETING", "EMAIL", "MESSAGE", "EVENT"]
KIND_SHARES = [0.38, 0.22, 0.1, 0.1, 0.15, 0.05]
SUMMARIES = [
    ("沟通下季度采购计划，客户关注交付周期", "发送报价方案"), ("回访系统运行情况，整体稳定", ""),
    ("现场勘察机房，记录改造需求", "提交改造方案"), ("讨论维保续签条件", "准备续签合同"),
    ("介绍新款人脸识别终端", "安排样机测试"), ("确认验收时间与资料清单", ""),
    ("节日问候，了解人员变动", ""), ("催收到期款项，客户承诺本月安排", "跟进回款"),
    ("参加我司技术交流会", "邀请参观示范项目"), ("反馈平台升级后的使用问题", "请工程师远程处理"),
]  # fmt: skip
COMPLAINTS = [
    ("摄像机夜间图像模糊", "多台摄像机夜间成像不清，要求更换。"), ("交付延期一周", "合同约定日期已过，设备仍未到场。"),
    ("门禁频繁掉线", "主楼门禁每天掉线数次。"), ("发票信息有误", "税号抬头错误，需要重开。"),
    ("抢修响应太慢", "报修后超过八小时才到场。"), ("会议终端噪声大", "庭审时有明显电流声。"),
]  # fmt: skip
CAUSES = [
    ("QUALITY", "UNSTABLE"),
    ("QUALITY", "LATE_DELIVERY"),
    ("QUALITY", "DEFECT"),
    ("SERVICE", "SLOW"),
    ("SERVICE", "NOT_SOLVED"),
    ("QUALITY", "DEFECT"),
]  # of the complaints, in their order
REQUESTS = [("申请增加存储周期", "希望录像保存九十天。"), ("需要操作培训", "新到岗人员较多，请安排培训。"),
            ("索取系统拓扑图", "年度检查需要。")]  # fmt: skip
RIVALS = ["海岳科技", "中视安防", "蓝盾智能", "汇通系统集成"]
SUGGESTIONS = ["建议移动端支持离线查询", "希望增加按部门统计的报表", "建议备件就近存放", "希望提供季度运行分析",
               "建议统一各系统的登录账号"]  # fmt: skip
TIERS = ["STRANGER", "ACQUAINTANCE", "FRIEND", "PARTNER"]
TIER_REASONS = {"ACQUAINTANCE": "首次成交", "FRIEND": "多次合作，满意度高", "PARTNER": "签订长期框架协议，互信稳固"}
VALUE_ITEMS = ("product_value", "service_value", "personnel_value", "image_value")
COST_ITEMS = ("monetary_cost", "time_cost", "mental_cost", "physical_cost")


def contacts(rng, summary):
    """One to four people per organisation: customer, name, position, is_buyer, phone, email, since, left (day, NaN).

    A few buyers left lately and have a successor.
    """
    big = summary.scale.map({"MICRO": 1, "SMALL": 1, "MEDIUM": 2, "LARGE": 3, "GROUP": 4}).to_numpy()
    each = np.where(summary.kind == "INDIVIDUAL", 1, rng.integers(1, big + 1))
    frame = _persons(rng, np.repeat(np.arange(len(summary)), each))
    frame["is_buyer"] = ~frame.customer.duplicated()
    frame["since"] = rng.integers(-600, 0, len(frame))
    frame["left"] = np.nan
    alone = (summary.kind == "INDIVIDUAL").to_numpy()[frame.customer]
    frame.loc[alone, "name"] = summary.name.to_numpy()[frame.customer[alone]]
    frame.loc[alone, "position"] = "负责人"
    active = frame.is_buyer.to_numpy() & ~alone & ~summary.left.to_numpy()[frame.customer]
    gone = some(rng, active, 0.05)
    frame.loc[gone, "left"] = DAYS - rng.integers(5, 60, len(gone))
    successor = _persons(rng, frame.customer.to_numpy()[gone])
    successor = successor.assign(is_buyer=True, since=frame.left[gone].to_numpy() + 1, left=np.nan)
    return pd.concat([frame, successor], ignore_index=True)


def _persons(rng, who):
    return pd.DataFrame({
        "customer": who,
        "name": names.people(rng, len(who)),
        "position": np.asarray(POSITIONS, dtype=object)[rng.integers(len(POSITIONS), size=len(who))],
        "phone": [f"1{prefix}{tail:08d}" for prefix, tail in zip(
            rng.choice([38, 39, 50, 58, 86], len(who)), rng.integers(10**8, size=len(who)), strict=True)],
        "email": [f"contact{number}@example.com" for number in rng.integers(10_000, 10**6, len(who))],
    })  # fmt: skip


def interactions(rng, summary):
    """Contacts made in the last 18 months: customer, day, minute (of the day), kind, inbound, care_phase, summary,
    next_step, next_day (NaN), competitor, discount."""
    mean = np.where(summary.left, 0.6, np.clip(1.2 + summary.orders / 6, 1, 8)) + 0.3 * summary.quality.clip(-1, 2)
    each = rng.poisson(np.maximum(mean, 0.1))
    who = np.repeat(np.arange(len(summary)), each)
    begin = np.maximum(summary["first"].fillna(DAYS - 120).to_numpy()[who] - 30, DAYS - 540)
    end = np.where(summary.left, summary["last"].fillna(DAYS) + 60, DAYS - rng.integers(0, 25, len(summary)))[who]
    day = np.clip(begin + rng.random(len(who)) * np.maximum(end - begin, 1), 0, DAYS).astype(int)
    text = rng.integers(len(SUMMARIES), size=len(who))
    step = np.asarray([SUMMARIES[index][1] for index in text], dtype=object)
    coming = (step != "") & (day > DAYS - 30)
    return pd.DataFrame(
        {
            "customer": who,
            "day": day,
            "minute": rng.integers(9 * 60, 17 * 60 + 30, len(who)),
            "kind": rng.choice(KINDS, len(who), p=KIND_SHARES).astype(object),
            "inbound": rng.random(len(who)) < 0.22,
            "care_phase": rng.choice(["", "PRE", "DURING", "POST"], len(who), p=[0.55, 0.12, 0.1, 0.23]).astype(object),
            "summary": np.asarray([SUMMARIES[index][0] for index in text], dtype=object),
            "next_step": step,
            "next_day": np.where(coming, day + rng.integers(7, 35, len(who)), np.nan),
            "competitor": _rivals(summary, who),
            "discount": _discounts(summary, who),
        }
    )


def _rivals(summary, who):
    """Whom a customer named in a contact, mostly nobody, oftener where it left (draws of its own: others stay)."""
    rng = np.random.default_rng(len(who))
    named = rng.random(len(who)) < np.where(summary.left.to_numpy()[who], 0.16, 0.025)
    return np.where(named, np.asarray(RIVALS, dtype=object)[rng.integers(len(RIVALS), size=len(who))], "")


def _discounts(summary, who):
    """In which contacts a discount was asked for, seldom by good customers (draws of its own: others stay)."""
    rng = np.random.default_rng(len(who) + 1)
    return rng.random(len(who)) < np.clip(0.12 - 0.06 * summary.quality.to_numpy()[who], 0.02, 0.3)


def cases(rng, summary):
    """Complaints and requests: customer, kind, subject, text, day, due, answered (days, NaN), answer, state, cause."""
    who = np.concatenate([some(rng, (summary.orders >= 2).to_numpy(), 0.14), some(rng, summary.left.to_numpy(), 0.12)])
    request = rng.random(len(who)) < 0.35
    begin = np.maximum(summary["first"].to_numpy()[who], DAYS - 500)
    end = np.maximum(np.minimum(summary["last"].to_numpy()[who] + 20, DAYS - 1), begin)
    day = (begin + np.sqrt(rng.random(len(who))) * (end - begin)).astype(int)
    due = day + rng.choice([3, 5, 7, 14], len(who))
    waiting = (day > DAYS - 45) & (rng.random(len(who)) < 0.7)
    answered = np.where(waiting, np.nan, np.minimum(day + rng.gamma(2.0, 1.6, len(who)).astype(int), DAYS))
    words = [(REQUESTS if asks else COMPLAINTS) for asks in request]
    pick = [words[row][index % len(words[row])] for row, index in enumerate(rng.integers(60, size=len(who)))]
    return pd.DataFrame(
        {
            "customer": who,
            "kind": np.where(request, "REQUEST", "COMPLAINT").astype(object),
            "subject": [subject for subject, _text in pick],
            "text": [text for _subject, text in pick],
            "day": day,
            "due": due,
            "answered": answered,
            "answer": np.where(waiting, "", "已安排工程师处理并向客户说明。").astype(object),
            "state": np.where(waiting, "OPEN", np.where(day > DAYS - 60, "ANSWERED", "CLOSED")).astype(object),
        }
    ).assign(**_causes([subject for subject, _text in pick], waiting))


def _causes(subjects, waiting):
    """The cause and sub-cause noted with the answer of each complaint; "" for requests and what waits."""
    known = {subject: cause for (subject, _text), cause in zip(COMPLAINTS, CAUSES, strict=True)}
    found = [
        ("", "") if open_ else known.get(subject, ("", "")) for subject, open_ in zip(subjects, waiting, strict=True)
    ]
    return {"cause": [cause for cause, _sub in found], "sub_cause": [sub for _cause, sub in found]}


def suggestions(rng, summary):
    """Opinions of good customers: customer, text, day, due, feedback, given (day, NaN)."""
    who = some(rng, (summary.orders >= 8).to_numpy(), 0.08)
    span = (summary["last"] - summary["first"]).to_numpy()[who]
    day = (summary["first"].to_numpy()[who] + rng.random(len(who)) * span).astype(int)
    told = rng.random(len(who)) < 0.7
    return pd.DataFrame(
        {
            "customer": who,
            "text": np.asarray(SUGGESTIONS, dtype=object)[rng.integers(len(SUGGESTIONS), size=len(who))],
            "day": day,
            "due": day + 30,
            "feedback": np.where(told, "已列入下一版本计划。", "").astype(object),
            "given": np.where(told, np.minimum(day + rng.integers(5, 40, len(who)), DAYS), np.nan),
        }
    )


def referrals(rng, summary):
    """Recommendations: customer, referred (position of the customer it became, or -1), referred_name, day."""
    good = some(rng, ((summary.orders >= 6) & (summary.quality > 0)).to_numpy(), 0.16)
    who = np.repeat(good, 1 + rng.poisson(0.6, len(good)))
    young = np.flatnonzero((summary["first"] > DAYS - 700).to_numpy() & (summary.kind == "ORGANISATION").to_numpy())
    became = rng.permutation(young)[: len(who) // 2]
    referred = np.full(len(who), -1)
    referred[: len(became)] = became
    referred = np.where(referred == who, -1, referred)
    names_of = summary.name.to_numpy()[np.maximum(referred, 0)]
    unknown = np.asarray(names.firms(rng, ["SMALL"] * len(who)), dtype=object)
    came = np.where(referred >= 0, summary["first"].fillna(DAYS).to_numpy()[np.maximum(referred, 0)] - 20, np.inf)
    day = np.minimum(came, summary["first"].to_numpy()[who] + rng.random(len(who)) * 300 + 30)
    return pd.DataFrame(
        {
            "customer": who,
            "referred": referred,
            "referred_name": np.where(referred >= 0, names_of, unknown),
            "day": np.clip(day, 0, DAYS).astype(int),
        }
    )


def surveys(rng, summary):
    """Survey answers: customer, day, satisfaction, trust, commitment (1–5), eight value items (1-10), a rival's."""
    asked = some(rng, (summary.orders >= 3).to_numpy(), 0.42)
    who = np.repeat(asked, 1 + (rng.random(len(asked)) < 0.45))
    day = summary["last"].to_numpy()[who] - rng.random(len(who)) * 250
    mood = 0.55 * summary.quality.to_numpy()[who] - 0.8 * summary.left.to_numpy()[who] + 0.35
    mood = mood + 0.25 * np.log1p(summary.orders.to_numpy()[who]) - 0.5
    frame = pd.DataFrame({"customer": who, "day": np.clip(day, 0, DAYS).astype(int)})
    for item, centre in (("satisfaction", 3.7), ("trust", 3.6), ("commitment", 3.3)):
        frame[item] = _grade(rng, centre + 0.7 * mood, 0.55, 5)
    for item in VALUE_ITEMS:
        frame[item] = _grade(rng, 6.9 + 1.1 * mood, 1.1, 10)
    for item in COST_ITEMS:
        frame[item] = _grade(rng, 5.0 - 0.7 * mood, 1.2, 10)
    _compare(rng.spawn(1)[0], frame, mood)
    return frame.sort_values(["customer", "day"], kind="stable", ignore_index=True)


def _compare(rng, frame, mood):
    """Half of those asked also judge a competitor: a little worse than us for the content, better for others."""
    asked = rng.random(len(frame)) < 0.5
    frame["competitor"] = np.where(
        asked, np.asarray(RIVALS, dtype=object)[rng.integers(len(RIVALS), size=len(frame))], ""
    )
    for items, centre in ((VALUE_ITEMS, 6.9), (COST_ITEMS, 4.9)):
        for item in items:
            grades = _grade(rng, centre + rng.normal(0, 0.5) + 0.2 * mood, 1.2, 10)
            frame[f"rival_{item}"] = np.where(asked, grades.astype(object), None)


def _grade(rng, centre, spread, top):
    return np.clip(np.rint(centre + rng.normal(0, spread, len(centre))), 1, top).astype(int)


def tiers(rng, summary, surveys):
    """Each customer's tier (codes), and the steps to it: customer, before, after, reason, day."""
    answers = surveys.groupby("customer")[["satisfaction", "trust", "commitment"]].last()
    answers = answers.reindex(range(len(summary))).mean(axis=1).fillna(3.2).to_numpy()
    orders = summary.orders.to_numpy()
    friend = (orders >= 4) & (answers + rng.normal(0, 0.4, len(answers)) >= 3.2)
    partner = friend & (orders >= 14) & (answers + rng.normal(0, 0.3, len(answers)) >= 3.7)
    level = np.select([partner, friend, orders >= 1], [3, 2, 1], 0)
    steps = np.concatenate([[(who, step) for step in range(1, reached + 1)] for who, reached in enumerate(level)
                            if reached] or [np.empty((0, 2), int)]).astype(int)  # fmt: skip
    who, step = steps[:, 0], steps[:, 1]
    first, last = summary["first"].to_numpy(), summary["last"].to_numpy()
    day = first[who] + (step - 1) / 3 * (last[who] - first[who]) * 0.8
    return np.asarray(TIERS, dtype=object)[level], pd.DataFrame(
        {
            "customer": who,
            "before": np.asarray(TIERS, dtype=object)[step - 1],
            "after": np.asarray(TIERS, dtype=object)[step],
            "reason": [TIER_REASONS[TIERS[reached]] for reached in step],
            "day": day.astype(int),
        }
    )


def expert_scores(rng, summary):
    """What managers say of part of the buyers: customer, indicator (code), score (1–5), day."""
    rated = some(rng, (summary.orders >= 1).to_numpy(), 0.7)
    size = summary.scale.map({"MICRO": 2.0, "SMALL": 2.6, "MEDIUM": 3.1, "LARGE": 3.6, "GROUP": 4.1}).to_numpy()[rated]
    quality = summary.quality.to_numpy()[rated]
    frames = []
    for code, centre in (("profitability", size + 0.45 * quality), ("bank_credit", size + 0.2 + 0.35 * quality)):
        score = np.clip(np.rint(centre + rng.normal(0, 0.5, len(rated))), 1, 5).astype(int)
        day = DAYS - rng.integers(20, 300, len(rated))
        frames.append(pd.DataFrame({"customer": rated, "indicator": code, "score": score, "day": day}))
    return pd.concat(frames, ignore_index=True)
