"""Chinese of care: what its kinds of change say, its command line and its screens."""

from typing import Final

_KINDS: Final[dict[str, str]] = {
    "Grant care": "给予用户权益",
    "Release care": "收回用户权益",
}

_EFFECTS: Final[dict[str, str]] = {
    "{count} repayments get {days} days of grace from their due day, or from today": (
        "{count} 笔还款自到期日或今日起获得 {days} 天宽限"
    ),
    "{count} are neither overdue nor reported until it is released": (
        "{count} 笔在收回之前既不计逾期也不上报征信"
    ),
    "{count} borrowers get an interest-free coupon of {yuan} yuan": "{count} 位借款人各得 {yuan} 元免息券",
    "the coupons cost {yuan} yuan": "免息券共计 {yuan} 元",
    "{count} borrowers are told": "通知 {count} 位借款人",
    "{count} repayments lose what it gave them": "{count} 笔还款失去所获权益",
    "{count} coupons are taken back": "收回 {count} 张免息券",
    "{count} notices are not sent any more": "{count} 条通知不再发送",
}

_WARNINGS: Final[dict[str, str]] = {
    "a filter is frozen when it is done: who is in it then gets it": (
        "筛选条件在执行时才冻结：届时符合者获得"
    ),
    "{count} settled already and get neither grace nor hold": "{count} 笔已入账，不给宽限与征信暂缓",
    "{count} borrowers had a coupon today and get no other": "{count} 位借款人今日已有免息券，不再发放",
    "{count} borrowers were told this, or enough, today already": (
        "{count} 位借款人今日已收到此通知或通知已达上限"
    ),
    "a notice that was sent cannot be called back": "已发出的通知无法撤回",
    "instalments whose last day is over become overdue, from their due day": (
        "最后还款日已过的分期将自到期日起计逾期"
    ),
    "care that was taken back is granted anew, not restored": "收回的权益只能重新给予，不能恢复",
}

_REFUSALS: Final[dict[str, str]] = {
    "it is for more than {count} repayments": "涉及超过 {count} 笔还款",
    "its coupons cost more than {yuan} yuan": "免息券超过 {yuan} 元",
    "nobody is in this selection": "此选集为空",
    "nobody here would get anything": "此处无人会得到任何权益",
    "the coupons cost {yuan} yuan, of today's budget {left} are left": (
        "免息券需 {yuan} 元，今日预算仅剩 {left} 元"
    ),
    "the grant was released already": "该权益已收回",
    "the service gave it to what is in doubt, and ends it with the doubt": (
        "系统自动给予结果未知的还款，结果明确后自行结束"
    ),
}

_PROBLEMS: Final[dict[str, str]] = {
    "there is no such grant": "没有这项权益",
    "repay care list shows them": "repay care list 列出所有权益",
    "there is no such selection, or its hour is over": "没有这个选集，或其一小时已过",
    "make it anew": "请重新生成",
    "that is more than one grant may be for": "超过一次可给予的数量",
    "a grace is whole days": "宽限须为整天",
    "that is more days than one grant may give": "超过一次可给予的天数",
    "a coupon is valid for a year at most": "免息券最长有效一年",
    "this is not a span of time": "这不是时间长度",
    "like 3d": "如 3d",
    "like 30d": "如 30d",
    "this template tells of something that is not granted": "该模板提到的权益并未给予",
    "grant it too": "请一并给予",
}

MESSAGES: Final[dict[str, str]] = {**_KINDS, **_EFFECTS, **_WARNINGS, **_REFUSALS, **_PROBLEMS}
