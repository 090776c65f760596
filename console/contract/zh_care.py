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
    "{count} borrowers get an interest-free coupon of {sum}": "{count} 位借款人各得 {sum} 免息券",
    "the coupons cost {sum}": "免息券共计 {sum}",
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
    "its coupons cost more than {sum}": "免息券超过 {sum}",
    "nobody is in this selection": "此选集为空",
    "nobody here would get anything": "此处无人会得到任何权益",
    "the coupons cost {sum}, of today's budget {left} are left": "免息券需 {sum}，今日预算仅剩 {left}",
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

_WORDS: Final[dict[str, str]] = {
    "Care": "用户权益",
    "care": "用户权益",
    "notices": "通知",
    "grace, coupons, notices and quiet for borrowers; complaints": "宽限、免息券、通知与征信暂缓；投诉",
    "Care: what was granted to borrowers": "用户权益：已给予借款人的",
    "Grant care to what is marked, or to all that the filter shows": "给予所标记或筛选出的还款以权益",
    "Take a grant back": "收回一项权益",
    "List what was granted": "列出已给予的权益",
    "List what borrowers complained about": "列出借款人的投诉",
    "Grant": "给予",
    "Release": "收回",
    "release": "收回",
    "granted": "给予",
    "still": "仍有效",
    "of": "共",
    "told": "已通知",
    "grace": "宽限",
    "care granted": "给予权益",
    "care released": "收回权益",
    "in grace from now on": "进入宽限期",
    "due again": "恢复未逾期",
    "paid by another repayment": "另一笔还款已还清",
    "coupon": "免息券",
    "coupons": "免息券",
    "by itself": "系统自动",
    "released": "已收回",
    "protected": "保护",
    "complaint": "投诉",
    "credit hold": "征信暂缓",
    "channel": "渠道",
    "whose": "范围",
    "grace {days}d": "宽限 {days} 天",
    "grace until {day}": "宽限至 {day}",
    "coupon {sum}": "免息券 {sum}",
    "notice: {text}": "通知：{text}",
    "not overdue": "未逾期",
    "in grace": "宽限期内",
    "overdue": "已逾期",
    "paid": "已还清",
    "its outcome is not known": "结果未知",
    "it is on its way": "正在处理",
    "a credit hold stands": "征信暂缓生效",
    "another repayment of the instalment is open": "该分期另有还款未结",
    "its money is in suspense": "资金挂账",
    "dunning": "催收",
    "credit report": "征信上报",
    "waiting": "等待中",
    "sent": "已发送",
    "given up": "已放弃",
    "withdrawn": "已撤回",
    "{state}, penalty from {day}": "{state}，罚息自 {day} 起计",
    "{state}, last day {day}": "{state}，最后还款日 {day}",
    "never overdue while {why}": "期间不计逾期：{why}",
    "not reported to the credit bureau": "不上报征信",
    "nothing was granted": "尚未给予任何权益",
    "it was released": "已收回",
    "it ends by itself with the doubt": "结果明确后自行结束",
    "the newest {count}; all: repay care list": "最新 {count} 项；全部：repay care list",
    "K grants to a filter": "K 按筛选给予",
    "too many marks for a grant; use a filter instead": "标记过多，请改用筛选条件",
    "days to pay in time; empty: none": "可按时还款的天数；留空则无",
    "interest-free, in fen; empty: none": "免息，以分计；留空则无",
    "delay, grace, coupon, or a text": "delay、grace、coupon 或自拟文字",
}

_CLI: Final[dict[str, str]] = {
    "strategies": "策略",
    "whose: state:in_doubt due<=today": "范围，如 state:in_doubt due<=today",
    "days to pay in time: 3d": "可按时还款的天数，如 3d",
    "an interest-free coupon, in fen": "免息券，以分计",
    "how long it is valid: 30d": "有效期，如 30d",
    "what borrowers are told: delay, grace, coupon, or a text": (
        "告知借款人的内容：delay、grace、coupon 或自拟文字"
    ),
    "neither overdue nor reported until released": "收回前既不计逾期也不上报征信",
    "a grant's id": "权益编号",
    "say what is granted: --grace, --coupon, --notice or --credit-hold": (
        "请指明给予什么：--grace、--coupon、--notice 或 --credit-hold"
    ),
}

_SERVICE: Final[dict[str, str]] = {
    "another complaint has this external_id": "另一条投诉使用了此 external_id",
    "give each complaint an id of its own": "请为每条投诉使用各自的编号",
    "no repayment is this borrower's": "没有该借款人的还款",
    "it is the token, not a name": "应填代号，而非姓名",
    "this repayment is another borrower's": "这笔还款属于另一位借款人",
    "leave one of them out": "请去掉其一",
    "is not a time that has come": "不是已到来的时间",
    "leave it out for now": "留空表示现在",
    "nothing unresolved was made overdue": "未明确者未计逾期",
    "nobody unresolved was dunned or reported": "未明确者未催收、未上报",
    "make them due again, tell the credit bureau; find out who wrote to the database": (
        "恢复为未逾期并告知征信机构；查明谁写了数据库"
    ),
    "tell the borrowers and the credit bureau; find out who wrote to the database": (
        "告知借款人与征信机构；查明谁写了数据库"
    ),
}

MESSAGES: Final[dict[str, str]] = {
    **_KINDS,
    **_EFFECTS,
    **_WARNINGS,
    **_REFUSALS,
    **_PROBLEMS,
    **_WORDS,
    **_CLI,
    **_SERVICE,
    "no receiver is configured: messages wait": "未配置接收方：消息等待中",
    "left alone: it was over before this service began to count": "不处理：本服务开始计时前已到期",
    "message": "消息",
    "holidays": "节假日",
    "known for two months ahead": "未来两个月的已知",
    "those of the year two months from now are not known: last days do not move for them": (
        "两个月后所在年份的节假日未知：最后还款日不会因此顺延"
    ),
    "write them into the service's configuration: [care] holidays": "请写入服务配置：[care] holidays",
    "used {time}": "已于 {time} 使用",
    "not used until {time}": "至 {time} 未使用，已过期",
    "valid until {time}": "有效至 {time}",
    "{sum}, {count:,} used": "{sum}，已用 {count:,} 张",
    "{hour:,} in the last hour, {day:,} in the last day": "近一小时 {hour:,} 起，近一天 {day:,} 起",
    "{count:,} received, {refused:,} refused": "收到 {count:,} 条，拒收 {refused:,} 条",
}
