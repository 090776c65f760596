"""Chinese of the replay service: what its kinds of change say, what slows a replay, and why one stopped."""

from typing import Final

_KINDS: Final[dict[str, str]] = {
    "Start a replay": "开始重放",
    "Pause a replay": "暂停重放",
    "Resume a replay": "继续重放",
    "Cancel a replay": "取消重放",
    "Change the rate of a replay": "调整重放速率",
}

_EFFECTS: Final[dict[str, str]] = {
    "{count} failed for certain: a new order is sent": "{count} 笔确定失败：发送新订单",
    "{count} in doubt: the gateway is asked first, a new order only if it failed": (
        "{count} 笔结果未知：先向通道查询，仅当确定失败才发送新订单"
    ),
    "{count} left alone: settled already": "{count} 笔不处理：已结清",
    "{count} left alone: too old to be sent again, only asking can settle them": (
        "{count} 笔不处理：已过可重发时限，只能靠查询得出结果"
    ),
    "{count} left alone: a maintenance window keeps them": "{count} 笔不处理：被维护窗口暂缓",
    "{count} left alone: a strategy would intercept them": "{count} 笔不处理：风控策略会拦截",
    "{count} left alone: another repayment pays the same instalment": "{count} 笔不处理：同一期已有另一笔还款",
    "{count} left alone: nothing to replay": "{count} 笔不处理：无可重放",
    "at most {rate} orders a second and {count} at once, per gateway": (
        "每个通道每秒至多 {rate} 笔订单，同时至多 {count} 笔"
    ),
    "what has changed since the plan is left alone": "计划之后有变化的一律不处理",
    "money that is debited is not taken back by pausing or cancelling": "已扣的款不会因暂停或取消而退回",
    "{count} repayments wait until it is resumed": "{count} 笔还款等待继续",
    "{count} repayments that wait go on, slowly at first": "等待中的 {count} 笔还款继续，起初较慢",
    "{count} repayments are left as they are": "{count} 笔还款保持原状",
    "a cancelled replay does not go on; plan another one": "取消后不能继续；请另行计划",
}

_REFUSALS: Final[dict[str, str]] = {
    "it sends or asks about more than {count} repayments": "涉及超过 {count} 笔还款的发送或查询",
    "it is about more than {sum}": "涉及金额超过 {sum}",
    "the replay is being planned still": "该重放仍在计划中",
    "the replay has not been started": "该重放尚未开始",
    "the replay runs": "该重放正在运行",
    "the replay is paused": "该重放已暂停",
    "the replay is done": "该重放已完成",
    "the replay was cancelled": "该重放已取消",
    "the replay stopped itself": "该重放已自行停止",
    "replayed": "重放次数",
    "the replay is not as it was read any more": "该重放已与读取时不同",
    "the plan is older than an hour; plan again": "计划已超过一小时；请重新计划",
    "nothing in this plan can be replayed": "该计划中没有可重放的还款",
    "{other} runs at {gateway}; pause does not free it, cancel does": (
        "{other} 正在 {gateway} 上运行；暂停不会让出，取消才会"
    ),
}

_PROGRESS: Final[dict[str, str]] = {
    "{percent} % of its last {count} orders failed again; above {limit} % a replay stops itself": (
        "最近 {count} 笔订单中 {percent}% 再次失败；超过 {limit}% 时重放自行停止"
    ),
    "{percent} % of its last {count} orders are in doubt; above {limit} % a replay stops itself": (
        "最近 {count} 笔订单中 {percent}% 结果未知；超过 {limit}% 时重放自行停止"
    ),
    "{count} other repayments wait to be sent and go first": "另有 {count} 笔还款等待发送，它们优先",
    "{bad} of its last {count} orders failed again or are in doubt: it stays at {percent} % of its rate": (
        "最近 {count} 笔中有 {bad} 笔再次失败或结果未知：速率保持在 {percent}%"
    ),
    "it begins with {percent} % of its rate, and speeds up as orders succeed": (
        "以速率的 {percent}% 起步，随订单成功而加快"
    ),
    "it speeds up again after it made room for other repayments": "为其他还款让路之后正在恢复速度",
    "{count} orders at once are on their way": "同时在途已达 {count} 笔订单",
    "sending is paused": "发送已暂停",
    "every gateway is stopped": "所有通道均已停用",
    "a maintenance window closes {gateways}": "维护窗口关闭了 {gateways}",
    "{gateways} takes no orders: they wait": "{gateways} 不接单：订单等待",
    "its selection is not kept any more; plan again": "其选集已过保留期；请重新计划",
}

MESSAGES: Final = _KINDS | _EFFECTS | _REFUSALS | _PROGRESS
