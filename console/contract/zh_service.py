"""Chinese of what the service says: its problems, the findings of its checkup, the verdicts of intake.

The service speaks English; fronts look its whole sentences up here, and show those not listed as they are.
"""

from typing import Final

_PROBLEMS: Final[dict[str, str]] = {
    "the body is not a JSON object": "请求体不是 JSON 对象",
    "send one JSON object": "请发送一个 JSON 对象",
    "send one JSON object in UTF-8": "请以 UTF-8 发送一个 JSON 对象",
    "the time given for this request is over; it was dropped before it started": (
        "此请求的时限已过；未开始即被放弃"
    ),
    "ask again with a longer Request-Timeout": "请放宽时限后重试",
    "the work did not end in the time given": "未能在时限内完成",
    "a mutation may have taken effect: send it again with the same Idempotency-Key": (
        "变更可能已经生效：请用同一幂等键重新发送"
    ),
    "send fewer repayments per call": "请减少每次发送的还款笔数",
    "the first call with this Idempotency-Key is still in flight": "使用此幂等键的首次调用仍在进行",
    "send it again in a moment": "请稍后重新发送",
    "make one per intention, and send the same again when you retry": "每个意图用一个键，重试时用同一个",
    "this Idempotency-Key was used for another request": "此幂等键已用于另一请求",
    "make a new key for a new intention": "新的意图请用新的键",
    "Request-Timeout is not a number of seconds": "Request-Timeout 不是秒数",
    "there is nothing here": "这里什么都没有",
    "the routes are listed in /v1/openapi.json": "可用路径见 /v1/openapi.json",
    "this route does not take that method": "此路径不接受该方法",
    "see /v1/openapi.json": "请看 /v1/openapi.json",
    "the service met an unexpected error": "服务遇到意外错误",
    "the service's log names the place": "服务日志记有位置",
    "this route is open to nobody": "此路径不对任何人开放",
    "a valid bearer token is needed": "需要有效的令牌",
    "set the profile's control.token, or ask an admin for a token": (
        "请设置配置档的 control.token，或向管理员索取令牌"
    ),
    "there is no such repayment": "没有这笔还款",
    "search with text~ or the external id": "请用 text~ 或外部编号搜索",
    "there is no such selection (kept for an hour)": "没有这个选集（保留一小时）",
    "freeze the filter again": "请重新筛选",
    "the store is not open yet": "存储尚未打开",
    "try again in a moment": "请稍后重试",
    "this external_id was taken in with other content": "此 external_id 已以其他内容接收",
    "look the first one up with external:…, or send this one under another external_id": (
        "请用 external:… 查看首笔，或换一个 external_id 发送"
    ),
    "too many repayments wait to be sent": "等待发送的还款过多",
}

_INTAKE: Final[dict[str, str]] = {
    "conflict: this external_id was taken in with other content": "冲突：此 external_id 已以其他内容接收",
    "holds a control character": "含有控制字符",
    "is blank": "为空白",
    "is too far from today to be meant": "离今天太远，不像本意",
    "must be a day, YYYY-MM-DD": "必须是日期，YYYY-MM-DD",
    "is not a known field": "是未知的字段",
    "must be at least 1 fen": "至少为 1 分",
    "is not a day of the calendar": "不是日历上的日期",
}

_FINDINGS: Final[dict[str, str]] = {
    "one debit per repayment": "每笔还款只扣一次",
    "one gateway confirmation per repayment": "每笔还款只有一个通道确认",
    "an order keeps its amount": "订单金额不变",
    "every open attempt has a next action": "每个未决尝试都有下一步",
    "every waiting repayment has a next action": "每笔等待的还款都有下一步",
    "workers keep up with open attempts": "工作进程跟得上未决尝试",
    "stages follow attempts": "环节与尝试一致",
    "no exception case waits": "没有待处理的异常案件",
    "counters agree with the repayments": "计数与还款一致",
    "guards are in place": "数据库防护已就位",
    "one live attempt per repayment": "每笔还款至多一个有效尝试",
    "commits are durable": "提交即落盘",
    "gateways' ledgers": "支付通道的账",
    "every debit has its repayment": "每笔扣款都有对应还款",
    "invariants": "不变式",
    "they could not be checked": "无法检查",
    "cannot be reached from here": "从这里无法连接",
    "is healthy": "健康",
    "is degraded": "不佳",
    "is down": "不可用",
    "working": "工作中",
    "nothing in doubt": "没有结果未知",
    "answers": "有应答",
    "check base_url, the network and the gateway; its orders stay in doubt until it answers": (
        "请检查 base_url、网络与通道；它应答之前订单保持结果未知"
    ),
    "look at its figures and ask its operator; traffic goes to the others": (
        "请看它的指标并询问其运营方；流量已转向其他通道"
    ),
    "stop dispatch, compare with the gateways' ledgers, refund the second debit": (
        "请停止发送，与通道的账核对，退回第二笔扣款"
    ),
    "stop dispatch and ask the gateway what it debited": "请停止发送，并询问通道实际扣款",
    "set their next_action_at to now; report this as a defect": (
        "请把它们的 next_action_at 设为现在；并作为缺陷上报"
    ),
    "see that a worker runs (repay worker) and that the gateways answer inquiries": (
        "请确认有工作进程在运行（repay worker），且通道应答查询"
    ),
    "compare their timeline with their evidence; report this as a defect": (
        "请对照其时间线与凭证；并作为缺陷上报"
    ),
    "look at their evidence and decide with a second person": "请查看凭证，并与另一人共同决定",
}

MESSAGES: Final[dict[str, str]] = {**_PROBLEMS, **_INTAKE, **_FINDINGS}
