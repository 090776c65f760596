"""Chinese of maintenance windows: what their kinds of change say, and what is wrong with a declaration."""

from typing import Final

_KINDS: Final[dict[str, str]] = {
    "Open a maintenance window": "开设维护窗口",
    "Extend a maintenance window": "延长维护窗口",
    "End a maintenance window": "结束维护窗口",
    "Let a maintenance window end earlier": "提前维护窗口的结束时间",
}

_EFFECTS: Final[dict[str, str]] = {
    "from {start} to {end} ({zone})": "自 {start} 至 {end}（{zone}）",
    "in Asia/Shanghai it ends at {end}": "按北京时间于 {end} 结束",
    "nothing new is sent from {start} on, what is under way ends": (
        "自 {start} 起不再发送新订单，在途订单照常完成"
    ),
    "it comes again by {rule}, next at {next}": "按 {rule} 重复，下一次于 {next}",
    "about {count} repayments for {scope} wait in held and leave by themselves": (
        "约 {count} 笔 {scope} 的还款暂缓，结束后自行继续"
    ),
    "about {count} repayments for {scope} go to {gateways}": "约 {count} 笔 {scope} 的还款转到 {gateways}",
    "about {count} new repayments for {scope} are turned away with a notice": (
        "约 {count} 笔 {scope} 的新还款被告知后拒绝"
    ),
    "what waits drains within about {minutes} min after the end": "积压约在结束后 {minutes} 分钟内消化",
    "more comes in than can be sent: what waits would not drain by itself": (
        "流入快于可发送速度：积压不会自行消化"
    ),
    "{window} ends at {after} instead of {before} ({zone})": (
        "{window} 改为 {after} 结束，原为 {before}（{zone}）"
    ),
    "{count} repayments that wait for it wait longer": "等待它的 {count} 笔还款将等得更久",
    "{count} repayments that wait for it leave earlier": "等待它的 {count} 笔还款将提前离开",
    "{count} repayments leave held, over a ramp of {minutes} min": (
        "{count} 笔还款离开暂缓，在 {minutes} 分钟内逐步恢复"
    ),
    "nothing of {window} that is still to come takes place": "{window} 尚未开始的各次全部取消",
}

_WARNINGS: Final[dict[str, str]] = {
    "the due day {days} ends inside it: {count} open repayments ({sum}) are due; grant grace": (
        "到期日 {days} 在窗口内结束：{count} 笔未结还款（{sum}）到期；请给予宽限"
    ),
    "the due day {days} ends inside it now; grant grace": "到期日 {days} 现在落在窗口内结束；请给予宽限",
    "it overlaps {window} ({policy}) at {at}; the stricter policy counts": (
        "与 {window}（{policy}）在 {at} 重叠；以更严者为准"
    ),
    "no worker has told of its gateways yet: the room elsewhere is not known": (
        "尚无工作进程通报通道：其他通道的余量未知"
    ),
    "no other gateway takes traffic meanwhile": "期间没有其他通道承接流量",
    "{gateways} have room for {room} more a minute, {needed} would come": (
        "{gateways} 每分钟还能再接 {room} 笔，将来 {needed} 笔"
    ),
    "repayments that were turned away stay rejected": "被拒绝的还款不会恢复",
    "it turns borrowers away": "它会拒绝借款人",
}

_REFUSALS: Final[dict[str, str]] = {
    "no other gateway would take traffic beside {scope}: it is the last one standing": (
        "除 {scope} 外没有其他通道承接流量：它是最后一个"
    ),
    "{window} has no time to come": "{window} 没有后续时段",
    "{window} is over already": "{window} 已经结束",
    "{window} is not going on; say series to call off all to come": (
        "{window} 不在进行中；如要取消后续各次，请指明 series"
    ),
    "that is not later than it ends now": "这并不晚于现在的结束时间",
    "a window lasts {days} days at most": "一个窗口最长 {days} 天",
    "it would run into its own next time": "会与它自己的下一次相撞",
    "it ends by then anyway": "到那时它本来就结束了",
}

_PROBLEMS: Final[dict[str, str]] = {
    "there is no such window": "没有这个窗口",
    "there is no such maintenance window": "没有这个维护窗口",
    "repay window list shows them": "repay window list 列出所有窗口",
    "repay window list shows what is to come": "repay window list 列出后续时段",
    "there is nothing to end": "没有可结束的",
    "say either by how much or until when": "请说明延长多久，或延长到何时",
    "it has no time to come": "它没有后续时段",
    "open a new one": "请新开一个",
    "only a gateway's traffic can be rerouted": "只有通道的流量可以改道",
    "write policy hold": "请写 policy hold",
    "there is no such time zone": "没有这个时区",
    "write an IANA zone like Asia/Shanghai": "请写 IANA 时区，如 Asia/Shanghai",
    "there is no such policy": "没有这种策略",
    "this is too long": "太长了",
    "this is not a time": "这不是时间",
    "there is no such time": "没有这个时间",
    "write now, or like 2026-11-24 02:00": "请写 now，或如 2026-11-24 02:00",
    "write now, or a time to come": "请写 now，或将来的时间",
    "this is too far from now": "离现在太远",
    "declare it later": "请以后再声明",
    "it would be over already": "它已经过去了",
    "this time has passed": "这个时间已过",
    "a scope is made of gateway=…, stage=… and product=…": "范围由 gateway=…、stage=…、product=… 组成",
    "write for instance gateway=alipay": "例如写 gateway=alipay",
    "the scope is empty": "范围为空",
    "a repayment has no gateway yet while it is screened": "还款在风控筛查时尚无通道",
    "name either the gateway or the stage": "请只指明通道或环节之一",
    "only the work of one of these stages can be held": "只能暂缓这些环节之一的工作",
    "open several windows": "请开设多个窗口",
    "there is no such gateway": "没有这个支付通道",
    "like 30m": "如 30m",
    "like 90m": "如 90m",
}

_RULES: Final[dict[str, str]] = {
    "the rule is not made of NAME=VALUE parts": "规则不是由 NAME=VALUE 组成",
    "like FREQ=WEEKLY;BYDAY=TU,TH": "如 FREQ=WEEKLY;BYDAY=TU,TH",
    "the rule has no FREQ": "规则缺少 FREQ",
    "FREQ is not one of those allowed": "FREQ 不在允许之列",
    "BYMONTHDAY does not go with FREQ=HOURLY": "BYMONTHDAY 不能与 FREQ=HOURLY 同用",
    "write FREQ=MONTHLY;BYMONTHDAY=…;BYHOUR=…": "请写 FREQ=MONTHLY;BYMONTHDAY=…;BYHOUR=…",
    "a rule has either COUNT or UNTIL": "COUNT 与 UNTIL 只能有一个",
    "leave one out": "请去掉一个",
    "UNTIL is not a time": "UNTIL 不是时间",
    "the rule has a part that is not allowed": "规则含有不允许的部分",
    "no month of the rule has such a day": "规则中的月份都没有这一天",
    "correct BYMONTH or BYMONTHDAY": "请改正 BYMONTH 或 BYMONTHDAY",
    "the rule gives no time at all": "规则得不出任何时间",
    "correct it, or leave it out for one time": "请改正，或去掉以只执行一次",
    "make it rarer": "请降低频率",
    "like MO,TU or, in a month, 1MO or -1FR": "如 MO,TU；按月可写 1MO 或 -1FR",
    "like 20261231T235959Z": "如 20261231T235959Z",
    "there is no day or position 0": "没有第 0 天或第 0 个",
    "the occurrences would overlap each other": "各次之间会互相重叠",
}

MESSAGES: Final[dict[str, str]] = {
    **_KINDS,
    **_EFFECTS,
    **_WARNINGS,
    **_REFUSALS,
    **_PROBLEMS,
    **_RULES,
}
