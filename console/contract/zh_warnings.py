"""Chinese of early warning: what is noticed, who is harmed, what would help."""

from typing import Final

_CAUSES: Final[dict[str, str]] = {
    "{count} orders came wrong from the front end, last at {gateway}": "{count} 笔订单由前端送出时即有误，最近一次在 {gateway}",
    "the front end sends what gateways refuse": "前端送出了通道拒绝的订单",
    "repayments stay away": "还款量不足",
    "{window} over {scope} ends soon": "{window}（{scope}）即将结束",
    "orders fail at {gateway}": "{gateway} 扣款失败增多",
    "payers mis-tap in the front end": "借款人在前端频繁误触",
    "{strategy} is too sensitive": "策略 {strategy} 过于敏感",
    "more repayments arrive than this time of the day, or the plan, lets expect": "到达的还款多于该时段或计划的预期",
    "a surge of repayments": "还款激增",
    "fewer repayments arrive than this time of the day, or the plan, lets expect": "到达的还款少于该时段或计划的预期",
    "the database answers slowly": "数据库响应缓慢",
    "the database is slow": "数据库缓慢",
    "{stage} falls behind, while neither traffic nor gateways are unusual": "{stage} 积压，而流量与通道均无异常",
    "{stage} falls behind": "{stage} 积压",
    "at the present draw the reserve at {gateway} is soon empty": "按目前的消耗，{gateway} 的备付金很快用尽",
    "the reserve at {gateway} runs out": "{gateway} 的备付金即将用尽",
    "{count} repayments wait for the end of {window}": "{count} 笔还款在等待 {window} 结束",
    "most orders at {gateway} fail or stay without an outcome": "{gateway} 的大多数订单失败或没有结果",
    "{gateway} is down": "{gateway} 不可用",
    "{gateway} does not answer inquiries": "{gateway} 不应答查询",
    "hardly any callback of {gateway} arrives, while its inquiries are answered": "几乎收不到 {gateway} 的回调，但查询有应答",
    "callbacks of {gateway} are missing": "{gateway} 的回调丢失",
    "{gateway} answers, but outcomes come late": "{gateway} 有应答，但结果迟到",
    "{gateway} confirms late": "{gateway} 确认延迟",
    "the error budget of {gateway} burns too fast": "{gateway} 的错误预算消耗过快",
    "more orders fail at {gateway} than usual, by its fault or a bank's": "{gateway} 失败的订单多于平常，责任在通道或银行",
    "more payers than usual tap beside before they pay": "付款前误触的借款人多于平常",
    "strategies intercept more because of it": "策略因此拦截增多",
    "{strategy} intercepts more than usual, and gateways are not the reason": "{strategy} 的拦截多于平常，且原因不在通道",
    "payers with a clean history are among them": "其中有历史良好的借款人",
    "{strategy} went into shadow by itself": "{strategy} 已自行转入影子模式",
    "queues fall behind": "环节出现积压",
}

_HARM: Final[dict[str, str]] = {
    "payers whom it stopped complain more than usual": "被其拦截的借款人投诉多于平时",
    "more payers than usual complain, and nothing else is unusual": "投诉多于平时，而其他均无异常",
    "payers complain": "借款人投诉增多",
    "{count} payers could not pay by then; {rate} an hour cannot": "届时共 {count} 位借款人无法还款，每小时 {rate} 位",
    "{gateway} loses a tier of its SLA": "{gateway} 将跌破 SLA 的下一档",
    "{count} payers pass their grace at midnight": "{count} 位借款人的宽限期在午夜届满",
    "{count} due today are not settled at midnight": "{count} 笔今日到期的还款到午夜仍未结清",
    "payers wait more than {minutes} minutes in {stage}": "借款人在 {stage} 等待超过 {minutes} 分钟",
    "the reserve at {gateway} is empty": "{gateway} 的备付金用尽",
}

_REMEDIES: Final[dict[str, str]] = {
    "weight of {gateway} down to {weight} for {span}": "{gateway} 的权重降至 {weight}，持续 {span}",
    "put {strategy} into shadow for {span}": "将 {strategy} 转入影子模式 {span}",
    "put the scenario {scenario} in force for {span}": "启用场景 {scenario}，持续 {span}",
    "extend {window} by {span}": "将 {window} 延长 {span}",
    "return {strategy} to its approved version": "将 {strategy} 恢复为已批准的版本",
    "resume {stage}": "恢复 {stage}",
}

_ADVICE: Final[dict[str, str]] = {
    "call the front-end team: a button or a page moved, and their last release can be taken back": "联系前端团队：按钮或页面可能变动，其最近一次发布可以回退",
    "call the front-end team with the codes of what failed: repay repayment list state:failed": "带着失败的错误码联系前端团队：repay repayment list state:failed",
    "repay strategy history {name} tells who changed it; the playbook strategy-too-tight also makes up for what it stopped": "repay strategy history {name} 可查是谁改的；预案 strategy-too-tight 还会补偿被拦截的人",
    "call {name}; once they confirm it, the playbook gateway-outage does the rest": "联系 {name}；对方确认后，用预案 gateway-outage 处理其余",
    "ask {name} why outcomes come late: orders are asked about until they have one; if they need time, repay window open --scope gateway={name}": "询问 {name} 为何结果迟到：订单会一直查询到有结果；如对方需要时间，repay window open --scope gateway={name}",
    "repay gateway show {name} tells the codes and whose fault each is: call those; if it is {name}, the playbook gateway-outage": "repay gateway show {name} 列出错误码及责任方，据此联系；若责任在 {name}，用预案 gateway-outage",
    "see whether {name} reaches our callback address, and ask them to send again; inquiries stand in meanwhile": "确认 {name} 能否访问我方回调地址，并请其重发；其间由查询代替",
    "the playbook double-eleven makes room; more workers do: repay worker": "预案 double-eleven 可腾出余地；也可增加 worker：repay worker",
    "ask the front-end team whether payers reach the app; repay queue show intake tells what is taken in": "询问前端团队借款人能否打开应用；repay queue show intake 可看接收情况",
    "have money placed with {name}, then note it: repay gateway reserve {name} --top-up": "请资金部门向 {name} 存入备付金，再登记：repay gateway reserve {name} --top-up",
    "call whoever runs the database; repay doctor tells what is slow, and repay queue pause dispatch takes load off it": "联系数据库负责人；repay doctor 指出何处缓慢，repay queue pause dispatch 可减轻其负载",
    "repay doctor tells whether workers live; start more of them: repay worker": "repay doctor 可查 worker 是否存活；增加 worker：repay worker",
    "ask who declared it whether the work is done: repay window show {name}": "询问申明窗口的人是否已完成：repay window show {name}",
    "read what they write: repay care complaints": "看看他们写了什么：repay care complaints",
}

_TIMELINE: Final[dict[str, str]] = {
    "it is back": "再次出现",
    "{change} is over and returned by itself": "{change} 到期，已自行恢复",
    "{change} waits for an approval": "{change} 等待审批",
    "it passed": "已消失",
    "its cause is gone, as somebody declared": "起因已按声明消除",
    "silenced by {window}": "由 {window} 静默",
    "no window silences it any more": "不再有窗口静默它",
    "not as usual: {series}, {of}": "异常：{of} 的{series}",
    "the likely cause is now {cause}": "可能的原因现为 {cause}",
    "{person} looks after it": "{person} 正在处理",
    "{person} looked at it": "{person} 已查看",
    "the warning was true": "该预警属实",
    "the warning was false": "该预警为误报",
    "nobody has judged the warning": "该预警尚无人判定",
    "another process watches": "由另一进程监视",
}

_CHANGES: Final[dict[str, str]] = {
    "Acknowledge a warning": "确认预警",
    "Label a warning true or false": "标注预警属实或误报",
    "{warning} has ended": "{warning} 已结束",
    "{person} looks after {warning} already": "{person} 已在处理 {warning}",
    "it pages nobody any more; it stays until its signs are gone": "不再呼叫任何人；迹象消失前一直保留",
    "{warning} has this label already": "{warning} 已有此标注",
    "there is no such warning": "没有这条预警",
    "repay warning list shows them": "repay warning list 可列出",
}

MESSAGES: Final[dict[str, str]] = {**_CAUSES, **_HARM, **_REMEDIES, **_ADVICE, **_TIMELINE, **_CHANGES}
