"""Chinese of the change desk: titles and sentences of the kinds of change, and the desk's refusals.

Kinds say sentences as `Said`; the service renders them in the caller's language.
"""

from typing import Final

_KINDS: Final[dict[str, str]] = {
    "Pause a queue": "暂停队列",
    "Resume a queue": "恢复队列",
    "Stop a gateway": "停用支付通道",
    "Start a gateway": "启用支付通道",
    "Change a gateway's weight": "调整通道权重",
    "Extend a change": "延长变更",
    "Review a break-glass change": "复核应急变更",
    "Make the service read-only": "将服务设为只读",
}

_QUEUES: Final[dict[str, str]] = {
    "{count} repayments wait here now, and all that come until it is resumed": (
        "目前有 {count} 笔还款在此等待；恢复前到来的也将在此等待"
    ),
    "{count} repayments that wait here go on": "在此等待的 {count} 笔还款继续处理",
    "wait for its end, or end it": "请等它结束，或先结束它",
    "{stage} is paused already": "{stage} 已经暂停",
    "{stage} is not paused": "{stage} 并未暂停",
    "no repayment is screened": "不再对还款做风控筛查",
    "no order is sent to any gateway": "不再向任何通道发送订单",
    "no gateway is asked what became of an order; answers and callbacks still count": (
        "不再向通道查询订单结果；应答与回调仍然有效"
    ),
    "orders under way are not recalled": "已发出的订单不会撤回",
    "orders in doubt stay in doubt unless the gateway tells by itself": (
        "结果未知的订单保持未知，除非通道主动告知"
    ),
}

_GATEWAYS: Final[dict[str, str]] = {
    "no new debit goes to {gateway}": "不再向 {gateway} 发起新的扣款",
    "{count} orders under way there are still asked about": "该通道在途的 {count} 笔订单继续查询结果",
    "its traffic ({count} a minute) goes to {gateways}": "其流量（每分钟 {count} 笔）转到 {gateways}",
    "they have room for {count} more a minute": "它们每分钟还能再接 {count} 笔",
    "they have room for only {count} more a minute": "它们每分钟只能再接 {count} 笔",
    "no other gateway takes its traffic: repayments wait in dispatch": (
        "没有其他通道可接其流量：还款在发送环节等待"
    ),
    "{gateway} is stopped already": "{gateway} 已经停用",
    "{gateway} is not stopped": "{gateway} 并未停用",
    "{gateway} is the last gateway that takes traffic": "{gateway} 是最后一个承接流量的通道",
    "{gateway} gets debits again": "{gateway} 重新承接扣款",
    "its weight is {weight}": "其权重为 {weight}",
    "{gateway}: weight {before} becomes {weight}": "{gateway}：权重由 {before} 变为 {weight}",
    "its share of new traffic: {before} % becomes {after} %": "其新流量占比：由 {before} % 变为 {after} %",
    "{gateway} is stopped and stays so": "{gateway} 已停用，且保持停用",
    "{gateway} has this weight already": "{gateway} 已是此权重",
}

_DESK: Final[dict[str, str]] = {
    "{change} returns at {until_at} instead of {before_at}": "{change} 的恢复时间由 {before_at} 改为 {until_at}",
    "{change} does not return by itself": "{change} 不会自行恢复",
    "what was done by break-glass is not extended: ask for the change itself": (
        "应急变更不可延长：请另行申请该变更"
    ),
    "that moment is past: revert the change instead": "该时刻已过：请直接回退该变更",
    "that is too far away: at most {days} days": "时间过长：最多 {days} 天",
    "{change} counts as reviewed": "{change} 记为已复核",
    "a review stays": "复核不可撤销",
    "{change} waits for no review": "{change} 无需复核",
    "nobody reviews a change of their own": "不能复核自己的变更",
    "changes are refused, but for those that stop something": "拒绝变更，停止类变更除外",
    "changes are made again": "恢复变更",
    "looking, intake and the workers go on": "查看、接收还款与工作进程照常",
    "it is so already": "已是如此",
    "{target}: version {before} became {after}": "{target}：版本由 {before} 变为 {after}",
    "repayments touched: {before} became {after}": "涉及还款：由 {before} 笔变为 {after} 笔",
}

_REFUSALS: Final[dict[str, str]] = {
    "ask somebody who may, or see what the preview says": "请由有权限的人操作，或查看预览说明",
    "there is no such change": "没有这个变更",
    "repay change list shows them": "repay change list 可列出",
    "repay strategy list shows them": "repay strategy list 可列出",
    "what this change would do is not what was previewed": "此变更的影响已与预览不同",
    "preview it again, and send the new digest": "请重新预览并发送新的摘要",
    "revert that one first": "请先回退那一个",
    "repay change show tells its story": "repay change show 可查看经过",
    "this approval was used already": "此审批已使用",
    "an approval is good for one change, once": "一次审批只用于一个变更、一次",
    "this change does not wait for an approval": "此变更不在等待审批",
    "look at its state": "请查看其状态",
    "an approval needs the role approver": "审批需要 approver 角色",
    "ask an approver": "请找审批人",
    "nobody approves a change of their own": "不能审批自己的变更",
    "another person has to; a second token of the same person is the same person": (
        "须由另一人审批；同一人的第二个令牌仍是同一人"
    ),
    "the time for approving it is over": "审批时限已过",
    "ask for the change again": "请重新申请该变更",
    "the approval came too late to be carried out": "审批过迟，无法执行",
    "what was approved is not what was asked for": "审批的内容与申请的不同",
    "look at the change again, then approve what it is now": "请重新查看变更，再审批其现状",
    "who asked for it may not do it any more": "申请人已无此权限",
    "somebody who may has to ask for the change": "须由有权限的人申请",
    "what this change would do is not what was asked for any more": "此变更的影响已与申请时不同",
    "ask for the change again, with a new preview": "请重新预览并申请",
    "this change undid another one": "此变更本身是一次回退",
    "do that other change anew instead": "请重新执行原变更",
    "this change cannot be undone": "此变更不可回退",
    "make a change of its own instead": "请另做一个变更",
    "this service is read-only": "此服务只读",
    "use another service, or its configuration": "请改用其他服务，或修改其配置",
    "the service is read-only: only what stops something is done": "服务只读：只执行停止类变更",
    "an admin can make it writable again: service.read_only": "管理员可解除只读：service.read_only",
    "only an approver, or who asked for it, may reject it": "只有审批人或申请人可以驳回",
    "break-glass is for changes that stop something": "应急通道仅用于停止类变更",
    "leave the incident out; a second person may have to agree": "请去掉事件编号；可能需要第二人同意",
    "this program does not know this kind of change": "本程序不认识此类变更",
    "use the program that made it": "请使用产生它的程序",
    "somebody else changed the same at this moment": "此刻另有他人变更了同一对象",
    "look at it, then try again": "请查看后重试",
    "the audit's second sink cannot be written: only what stops something is done meanwhile": (
        "审计的第二存放处无法写入：期间只执行停止类变更"
    ),
    "the audit's second sink cannot be written: this is anchored there once it is back": (
        "审计的第二存放处无法写入：恢复后将补写本次锚点"
    ),
    "mend the sink; changes go on by themselves then": "请修复该存放处；之后变更自动恢复",
    "there is no such token": "没有这个令牌",
    "repay token list shows them": "repay token list 可列出",
}

MESSAGES: Final[dict[str, str]] = {**_KINDS, **_QUEUES, **_GATEWAYS, **_DESK, **_REFUSALS}
