"""Chinese of replays: the words of both fronts about planning, running and receipting one."""

from typing import Final

_WORDS: Final[dict[str, str]] = {
    "failed for certain": "确定失败",
    "already paid": "已经还清",
    "in doubt too long": "未知过久",
    "held back": "被暂缓",
    "blocked by risk": "风控拦截",
    "duplicate instalment": "同期重复",
    "over, or moving": "已终结或处理中",
    "sends a new order": "发送新订单",
    "asks the gateway first; a new order only if it failed": "先向通道查询；仅当确定失败才发送新订单",
    "left alone: already paid": "不处理：已经还清",
    "left alone: only asking can settle it": "不处理：只能继续查询，不可再发送",
    "left alone: held by a window or a stop": "不处理：被维护窗口或停用挡住",
    "left alone: a strategy would block it": "不处理：风控策略会拦截",
    "left alone: its instalment is paid or under way": "不处理：同期另一笔已还清或在途",
    "left alone: over, or moving by itself": "不处理：已终结或正在自行处理",
    "not begun": "未开始",
    "being asked": "查询中",
    "on its way": "已发出",
    "failed again": "再次失败",
    "left alone": "不处理",
    "planning": "计划中",
    "planned": "已计划",
    "running": "运行中",
    "stopped itself": "自行停止",
    "those whose grace ends first go first": "宽限期先结束的先处理",
}

_RECEIPT: Final[dict[str, str]] = {
    "replay": "重放",
    "why it stopped": "停止原因",
    "began": "开始",
    "went in": "纳入",
    "came out": "结果",
    "taken": "纳入",
    "= settled": "= 已结清",
    "+ open": "+ 未了结",
    "+ reversed": "+ 已冲正",
    "+ refused": "+ 未成功",
    "balance": "核对",
    "orders paid": "成功订单",
    "balances": "账目平衡",
    "DOES NOT BALANCE: call for help, run repay doctor": "账目不平：请求支援，并运行 repay doctor",
    "plan": "计划",
}

_COMMAND_LINE: Final[dict[str, str]] = {
    "bring failed and in-doubt repayments to an outcome": "使失败和结果未知的还款得到结果",
    "starting it": "启动",
    "refused: {why}": "被拒绝：{why}",
    'start it with: repay replay start --plan {id} --reason "why"': (
        '启动：repay replay start --plan {id} --reason "原因"'
    ),
    "follow it with: repay replay watch {id}": "跟踪：repay replay watch {id}",
    "class": "类别",
    "start what was planned before, instead of a filter": "启动此前的计划，而不是按过滤条件",
    "only those in these states, e.g. running,paused": "只列出这些状态的，如 running,paused",
    "orders a second at each gateway": "每个通道每秒的订单数",
    "only those with these, e.g. refailed,unknown": "只列出这些结果的，如 refailed,unknown",
    "only those of these classes": "只列出这些类别的",
    "a replay's id": "重放的编号",
    "orders a second at each gateway; without: as configured": "每个通道每秒的订单数；不写则按配置",
    "orders under way at once at each gateway": "每个通道同时在途的订单数",
    "a replay of everything is refused; say which repayments, for example: state:failed,in_doubt": (
        "不允许重放全部还款；请说明哪些，例如：state:failed,in_doubt"
    ),
    "say which: a filter, or a plan made before with --plan ID": (
        "请说明重放哪些：过滤条件，或用 --plan ID 指定已有的计划"
    ),
    "{id} is under way at {gateways}; follow it: repay replay watch {id}": (
        "{id} 正在 {gateways} 上进行；跟踪：repay replay watch {id}"
    ),
    "the file to write; as JSON where its name says so": "要写入的文件；文件名为 .json 时写 JSON",
    "the receipt is in {file}": "回执已写入 {file}",
    "planning: {planned:,} of {total:,} repayments": "计划中：{total:,} 笔还款中的 {planned:,} 笔",
    "up to {rate:,} orders a second and {most:,} at once, at each gateway": (
        "每个通道每秒至多 {rate:,} 笔订单，同时至多 {most:,} 笔"
    ),
    "{done:,} of {to_run:,} done: {settled:,} settled, {refailed:,} failed again, {unknown:,} in doubt": (
        "{to_run:,} 笔中已完成 {done:,} 笔：结清 {settled:,}，再次失败 {refailed:,}，结果未知 {unknown:,}"
    ),
    "about {span}": "约 {span}",
    "repayment": "还款",
    "old order": "原订单",
    "new order": "新订单",
    "would run": "将处理",
    "gateways": "支付通道",
    "pace": "速度",
    "sequence": "顺序",
    "estimate": "预计用时",
    "to run": "待处理",
    "finished": "已完成",
    "left": "剩余",
    "{done}; {rate} a second": "{done}；每秒 {rate} 笔",
    "{done}; {rate} a second, about {span} left": "{done}；每秒 {rate} 笔，约剩 {span}",
    "what it does": "如何处理",
    "outcomes": "结果",
    "slowed by": "减速原因",
    "receipt: repay replay receipt {id}": "回执：repay replay receipt {id}",
    "{id} was never started, and its plan is too old; plan again": "{id} 从未启动，其计划已过期；请重新计划",
    "{id} is planned, and waits to be started": "{id} 已计划，等待启动",
    "{id} goes on without you; follow it again: repay replay watch {id}": (
        "{id} 会继续进行；再次跟踪：repay replay watch {id}"
    ),
}

_ACTIONS: Final[dict[str, str]] = {
    "Plan a replay: what it would do, by class": "计划重放：按类别说明将做什么",
    "Start a replay": "开始重放",
    "List the replays": "列出重放",
    "Show one replay: its plan, or how far it is": "显示一次重放：其计划或进度",
    "Pause a replay": "暂停重放",
    "Let a paused replay go on": "继续已暂停的重放",
    "End a replay for good": "终止重放",
    "Let a replay go faster or slower": "调整重放的速度",
    "List the repayments of a replay": "列出一次重放的还款",
    "Follow a replay to its end": "跟踪重放直到结束",
    "What became of everything that a replay took in": "重放纳入的每一笔的结果（回执）",
}

_CONSOLE: Final[dict[str, str]] = {
    "Replays": "重放",
    "run it": "启动",
    "Run it": "启动",
    "the id of a replay that took it in": "纳入过它的重放的编号",
    "Replay": "重放",
    "Resume a replay": "继续重放",
    "Change a replay's pace": "调整重放的速度",
    "{rate} a second at each of: {gateways}": "每个通道每秒 {rate} 笔：{gateways}",
    "once more": "再次重放",
    "z plans a replay of those that are failed now": "按 z 对目前仍失败的还款计划重放",
    "nothing is sent until it is resumed": "恢复之前不发送任何订单",
    "{now} a second, {allowed} allowed now; about {left} left": "每秒 {now} 笔，目前允许 {allowed}；约剩 {left}",
    "{run}, of {count} taken in": "{run}（共纳入 {count} 笔）",
    "takes": "用时",
    "about {span}, {pace}": "约 {span}，{pace}",
    "progress": "进度",
    "What it would do": "将做什么",
    "Check: what went in came out": "核对：纳入的都有结果",
    "o: all outcomes": "o：所有结果",
    "o: only {outcome}": "o：仅 {outcome}",
    "the first {count}; all: / replay:{id}": "前 {count} 笔；全部：/ replay:{id}",
    "no repayment of that kind": "没有这样的还款",
    "replay which repayments? ": "重放哪些还款？",
    "planning what a replay would do; nothing runs yet": "正在计划重放将做什么；尚未运行",
    "write the receipt to (.txt or .json): ": "回执写入（.txt 或 .json）：",
    "too many marks for a replay; use a filter instead": "标记过多，无法重放；请改用过滤条件",
    "{key} plans a replay": "按 {key} 计划重放",
    "{count} failed": "{count} 笔失败",
    "{key} plans a replay; enter, b: why": "{key} 计划重放；enter、b 看原因",
    "still planning": "仍在计划",
    "it is under way": "正在进行",
    "the newest {count}; all: repay replay list": "最新 {count} 个；全部：repay replay list",
    "nothing was replayed yet; {key} plans a replay": "尚无重放；按 {key} 计划一次",
    "through": "进度",
    "refailed": "再次失败",
    "it does not run": "它没有在运行",
    "there is a receipt when it is over": "结束后才有回执",
    "pause replay {id}": "暂停重放 {id}",
    "Replays: planned, running and done": "重放：计划中、运行中与已完成",
    "Pause a replay, or let a paused one go on": "暂停重放，或继续已暂停的",
    "List only the repayments with the next outcome": "只列出下一种结果的还款",
    "receipt": "回执",
}

_SERVICE: Final[dict[str, str]] = {
    "it is the next of the page before": "它是上一页给出的 next",
    "that is above the cap": "超过了上限",
    "name either a filter or a selection": "请给出过滤条件或选集，二者之一",
    "everything is never replayed": "不允许重放全部还款",
    "name what failed, e.g. state:failed": "请说明哪些失败了，例如 state:failed",
    "look at the filter: repay repayment list": "检查过滤条件：repay repayment list",
    "there is no such replay": "没有这个重放",
    "repay replay list shows them": "repay replay list 可列出",
    "there is no such word": "没有这个词",
    "this replay has no receipt yet": "该重放尚无回执",
    "it is written when the replay ends": "重放结束时写出",
}

MESSAGES: Final[dict[str, str]] = {**_WORDS, **_RECEIPT, **_COMMAND_LINE, **_ACTIONS, **_CONSOLE, **_SERVICE}
