"""Chinese of gateways held to their SLA: the detail, the ledger, the reserve."""

from typing import Final

_DETAIL: Final[dict[str, str]] = {
    "green": "绿",
    "amber": "黄",
    "red": "红",
    "closed": "闭合",
    "half-open": "半开",
    "open": "断开",
    "5 minutes": "5 分钟",
    "hour": "1 小时",
    "day": "1 天",
    "30 days": "30 天",
    "front end": "前端",
    "risk control": "风控",
    "own queue": "自身队列",
    "bank": "银行",
    "borrower": "借款人",
    "callbacks": "回调",
    "inquiry": "查询",
    "database": "数据库",
    "success rate": "成功率",
    "in-doubt ratio": "结果未知率",
    "inquiry availability": "查询可用率",
    "confirmation p95": "确认时延 p95",
    "confirmation p99": "确认时延 p99",
    "counted here": "由本平台计数",
    "light {light}, breaker {breaker}; {counted}": "指示灯 {light}，熔断器 {breaker}；{counted}",
    "error, last hour": "错误码（近 1 小时）",
    "outcome": "结果",
    "fault of": "责任方",
    "rule": "规则",
    "over": "时段",
    "sent": "发送",
    "{count:,} orders are open; their age counts as their time so far": (
        "{count:,} 笔订单尚无结果；其已等待时间计入时延"
    ),
    "no objective, or nothing counted: no error budget": "未设目标或尚无计数：无错误预算",
    "objective {objective} over {days} days: {bad:,} of {allowed:,} failures spent, {left} left": (
        "目标 {objective}（{days} 天）：已用 {bad:,} / {allowed:,} 次失败，剩余 {left}"
    ),
    "burn rule": "消耗规则",
    "long": "长窗口",
    "short": "短窗口",
    "limit": "阈值",
    "fires": "触发",
    "behind it": "依赖部件",
    "none in the last hour": "近 1 小时无",
    "the latest {age} ago": "最近一次 {age} 前",
    "{count} in 5 minutes, {last}": "5 分钟内 {count} 次，{last}",
    "{count} in an hour, {ratio} answered": "1 小时内 {count} 次，{ratio} 有应答",
    "{count} wait, the oldest for {age}": "{count} 笔等待，最久 {age}",
    "none waits": "无等待",
    "its sla goes into the configuration": "其 SLA 写在配置中",
    "these figures took {time}": "本次读数用时 {time}",
    "suggested": "建议",
    "success at least": "成功率下限",
    "sample": "样本",
}

_LEDGER: Final[dict[str, str]] = {
    "{gateway} from {start} to {end}: settled {settled}, fees {fees}": (
        "{gateway} 自 {start} 至 {end}：结清 {settled}，手续费 {fees}"
    ),
    "clause": "条款",
    "metric": "指标",
    "promised": "承诺",
    "measured": "实测",
    "samples": "样本",
    "excluded min": "剔除分钟",
    "disputed min": "争议分钟",
    "kept": "达标",
    "tier": "档位",
    "credit": "赔付",
    "claim by": "索赔期限",
    "yes": "是",
    "no": "否",
    "excluded": "剔除",
    "disputed": "争议",
    "declared": "声明于",
    "minutes": "分钟",
    "orders": "订单",
    "bad": "失败",
    "credit due {credit}": "应得赔付 {credit}",
    "digest {digest}": "摘要 {digest}",
    "the first day; without: 30 days back": "起始日；缺省为 30 天前",
    "the last day; or the file to write the evidence pack to, - for stdout": (
        "截止日；或写入证据包的文件，- 为标准输出"
    ),
    "--to takes one day and one file": "--to 只接受一个日期和一个文件",
    "evidence pack written to {path}": "证据包已写入 {path}",
}

_RESERVE: Final[dict[str, str]] = {
    "Note a top-up of a gateway's reserve": "登记支付通道备付金的补充",
    "note so much money placed there": "登记存入的金额",
    "{text} is no amount in yuan": "{text} 不是以元计的金额",
    "no reserve is kept there": "未在该通道存放备付金",
    "reserve {balance} (floor {floor}), draw {draw} an hour, lasts {runway}": (
        "备付金 {balance}（下限 {floor}），每小时支用 {draw}，可维持 {runway}"
    ),
    "the reserve of {gateway} is {before} and becomes {after}": "{gateway} 的备付金由 {before} 变为 {after}",
    "at the draw of the last hour it lasts {hours} h": "按近 1 小时的支用可维持 {hours} 小时",
    "it stays below its floor of {floor}": "仍低于下限 {floor}",
    "money is taken out of it": "将从备付金中取出资金",
}

_TRAFFIC: Final[dict[str, str]] = {
    "{gateway} gets about {count} a minute, it takes {room}": "{gateway} 每分钟约 {count} 笔，可承接 {room} 笔",
    "{gateway} has no room for so much: repayments wait": "{gateway} 承接不下：还款将等待",
    "{gateway} fails more than half of its orders": "{gateway} 一半以上的订单失败",
}

MESSAGES: Final[dict[str, str]] = {**_DETAIL, **_LEDGER, **_RESERVE, **_TRAFFIC}
