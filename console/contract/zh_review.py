"""Chinese messages of ending reviews, and of what the console adds to the change desk: tokens, previews."""

from typing import Final

_REVIEWS: Final[dict[str, str]] = {
    "End a review: let the marked repayments go on, or reject them": "结束审核：放行或拒绝所标记的还款",
    "End the review": "结束审核",
    "space: pass lets it go on, reject is final": "空格切换：pass 放行，reject 不可恢复",
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
    "starting": "正在启动",
    "starting again": "正在重新启动",
    "opening": "正在打开",
    "not looked yet": "尚未查看",
    "not anchored yet": "尚未写锚点",
    "the store does not answer": "存储无应答",
    "no worker is alive": "没有存活的工作进程",
    "no answer within {seconds} s": "{seconds} 秒内无应答",
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

MESSAGES: Final[dict[str, str]] = {**_REVIEWS, **_PARTS, **_WARNINGS}
