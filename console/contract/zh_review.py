"""Chinese messages of ending reviews, and of what the console adds to the change desk: tokens, previews."""

from typing import Final

_REVIEWS: Final[dict[str, str]] = {
    "End a review: let the marked repayments go on, or reject them": "结束审核：放行或拒绝所标记的还款",
    "End the review": "结束审核",
    "space: pass lets it go on, reject is final": "空格切换：放行后继续处理，拒绝不可恢复",
    "at most {count} at once; {marked} are marked": "一次最多 {count} 笔；已标记 {marked} 笔",
    "it is not in review": "它不在审核中",
    "ids of repayments in review": "审核中的还款编号",
    "pass: they go on to dispatch; reject: they are final": "pass：进入派发；reject：不可恢复",
    "verified": "验证通过",
    "not verified": "验证未通过",
    "review: passed": "审核：放行",
    "review: rejected": "审核：拒绝",
    "review: out of time": "审核：超时",
}

_PARTS: Final[dict[str, str]] = {
    "store": "存储",
    "workers": "工作进程",
    "sandbox": "沙箱",
    "audit": "审计",
    "doubt": "结果未知",
    "screen": "筛查",
    "inquire": "查询",
    "expire": "到期",
    "reconcile": "对账",
    "watch": "巡检",
    "starting": "正在启动",
    "starting again": "正在重新启动",
    "opening": "正在打开",
    "not looked yet": "尚未查看",
    "not anchored yet": "尚未写锚点",
    "the store does not answer": "存储无应答",
    "no worker is alive": "没有存活的工作进程",
    "answers in {seconds} s": "应答耗时 {seconds} 秒",
    "anchored up to row {row}": "锚点已写至第 {row} 行",
    "away for {seconds} s": "已失联 {seconds} 秒",
    "{count} alive": "{count} 个存活",
    "{count} in doubt, the oldest for {seconds} s": "{count} 笔结果未知，最久 {seconds} 秒",
}

_WARNINGS: Final[dict[str, str]] = {
    "{kind} by {person} returns at {returns_at}": "{person} 的 {kind} 将于 {returns_at} 自动恢复",
    "{kind} by {person} ({incident}) has to be reviewed": "{person} 的 {kind}（{incident}）需要复核",
    "{window} over {scope} ends at {end}: {count} repayments wait for it": (
        "维护窗口 {window}（{scope}）将于 {end} 结束：{count} 笔还款在等待"
    ),
}

_TOKENS: Final[dict[str, str]] = {
    "Tokens": "令牌",
    "person": "人员",
    "good for": "有效期",
    "a span: 12h, 90d": "时长，如 12h、90d",
    "Make": "创建",
    "Revoke": "吊销",
    "make": "创建",
    "revoke": "吊销",
    "token made": "令牌已创建",
    "token revoked": "令牌已吊销",
    "secret": "密钥",
    "y copies it; it is shown this once, and gone when this dialog is": (
        "按 y 复制；仅显示这一次，关闭对话框后无法再看到"
    ),
    "copied": "已复制",
    "this terminal takes no copies": "此终端不支持复制",
    "it is revoked already": "它已被吊销",
    "the first {count}; all: repay token list": "前 {count} 个；全部：repay token list",
    "no token was made yet": "尚未创建令牌",
    "there is no strategy": "没有风控策略",
    "good": "有效",
    "expired": "已过期",
    "left": "剩余",
}

_STRATEGIES: Final[dict[str, str]] = {
    "Set the values of a strategy's parameters in one scenario": "设置策略参数在某一场景下的取值",
    "try": "试算",
    "Try": "试算",
    "Try a strategy on stored traffic": "用历史流量试算策略",
    "over": "范围",
    "the last hours: 24h, or a day: 2026-11-11": "近若干小时：24h，或某一天：2026-11-11",
    "write hours like 24h, or a day like 2026-11-11": "请写小时数如 24h，或日期如 2026-11-11",
    "there is no such day": "没有这一天",
    "from 1 to {most} hours": "1 到 {most} 小时",
    "times of the day": "分时段取值",
    "{example}; next one after a semicolon": "{example}；多个以分号隔开",
    "no parameter {name}": "没有参数 {name}",
    "empty: as everywhere, {base}": "留空：同全局 {base}",
    "as everywhere": "同全局",
    "none: set something otherwise below, then try it": "无：请在下方修改后试算",
    "set something otherwise first": "请先修改某项设置",
    "Values in which scenario?": "设置哪个场景下的取值？",
    "{done} of {total} decisions": "已算 {done} / {total} 条决策",
}

MESSAGES: Final[dict[str, str]] = {**_REVIEWS, **_TOKENS, **_STRATEGIES, **_PARTS, **_WARNINGS}
