"""Chinese of reconciliation and of the invariants."""

from typing import Final

_WORDS: Final[dict[str, str]] = {
    "both sides agree": "双方一致",
    "was in doubt here; the row settled it": "本方结果未知，对账行已定",
    "agrees, and should have stood in an earlier file": "一致，但本应列入更早的对账单",
    "ours; may stand in another day's file": "本方有；可能列入另一天的对账单",
    "being closed or with people; the row alone decides nothing": "正在关单或由人处理；仅凭此行不作判定",
    "was in doubt here; proven never executed": "本方结果未知；已证明从未执行",
    "the gateway moved money for an order that we do not have": "通道动了钱，本方没有此订单",
    "debited by our books, and the file lacks it": "本方账上已扣款，对账单没有",
    "another amount than ordered": "金额与订单不同",
    "another currency than ordered": "币种与订单不同",
    "more than one debit of the same order": "同一订单扣款不止一次",
    "another outcome than ours": "结果与本方不同",
    "not yet": "等待中",
    "complete": "完成",
    "incomplete": "不完整",
    "it waits until our own books are loaded": "等待本方账目载入完毕",
    "the gateway has no file for that day yet": "通道尚未出该日对账单",
    "the file lacks its last line: it is not whole": "文件缺最后一行：不完整",
    "count or sum of the last line is not that of the rows": "最后一行的笔数或合计与各行不符",
    "the first line is not that of a settlement file": "首行不是对账单的表头",
    "a row is not what a row may be": "有一行格式不合",
    "a row is too long": "有一行过长",
    "it has rows of another day": "其中有别的日期的行",
    "the pieces that came are not of that file": "收到的分片不属于该文件",
    "the file is not kept any more; bring it again": "文件已不再保留；请重新提交",
    "the file is not signed by the gateway": "文件没有通道的签名",
    "matching took too long": "匹配耗时过长",
    "matching failed; the service's log names the place": "匹配失败；服务日志写明位置",
    "it failed; the service's log names the place": "失败；服务日志写明位置",
}

_COMMAND_LINE: Final[dict[str, str]] = {
    "match a gateway's settlement file with our books": "用通道的对账单核对本方账目",
    "the service does not know of it; see: repay reconcile": "服务查不到它；见：repay reconcile",
    "a gateway, or a reconciliation's id": "通道，或一次对账的编号",
    "the day: 2026-11-23, or yesterday": "日期：2026-11-23，或 yesterday（昨天）",
    "a settlement file in place of the gateway's own": "用此对账单代替通道自己的",
    "write what was found to a file: .csv or .jsonl": "把核对结果写入文件：.csv 或 .jsonl",
    "{text} is not a day: write 2026-11-23, or yesterday": "{text} 不是日期：写 2026-11-23 或 yesterday",
    "{count:,} orders written to {file}": "{count:,} 个订单已写入 {file}",
    "{file} is no plain file": "{file} 不是普通文件",
    "which day? write: repay reconcile {gateway} yesterday": "哪一天？写：repay reconcile {gateway} yesterday",
    "it goes on by itself: repay reconcile {id}": "它会自行继续：repay reconcile {id}",
    "debits {debits} - reversals {reversals} = {net};  settled {settled} + suspense {suspense}": (
        "扣款 {debits} - 冲正 {reversals} = {net}；已结清 {settled} + 挂账 {suspense}"
    ),
    "{rows:,}, {reversals:,} of them reversals": "{rows:,}，其中冲正 {reversals:,}",
    "date": "日期",
    "it adds up": "收支相符",
    "IT DOES NOT ADD UP": "收支不符",
    "rows": "行数",
    "to look at": "待查",
    "in suspense": "挂账",
    "what is in the way": "受阻原因",
    "asked": "发起",
    "finding": "核对结果",
    "ours": "本方",
    "the gateway's": "通道",
    "was": "原状态",
    "became": "现状态",
    "the gateway's own": "通道自己的",
    "brought by a person": "由人提交",
    "in the way": "受阻",
    "again at": "下次尝试",
}

_CONSOLE: Final[dict[str, str]] = {
    "enter shows one, o reconciles a day": "enter 查看，o 核对某一天",
    "Reconcile a gateway's day": "核对通道某一天的账",
    "Reconcile": "对账",
    "Reconciliations": "对账",
    "Reconciliation": "一次对账",
    "the newest {count}; all: repay reconcile --limit N": "最新 {count} 次；全部：repay reconcile --limit N",
    "no day was reconciled yet; o reconciles one": "尚未核对任何一天；按 o 核对",
    "a day that has ended": "已经结束的一天",
    "{rows}, {reversals} of them reversals": "{rows}，其中冲正 {reversals}",
    "as a file: repay reconcile {id} --to FILE.csv": "存为文件：repay reconcile {id} --to 文件.csv",
    "and more, all as a file: repay reconcile {id} --to FILE.csv": (
        "还有更多；全部存为文件：repay reconcile {id} --to 文件.csv"
    ),
    "Whether the money adds up": "收支是否相符",
    "Findings": "核对结果",
    "Orders that did not simply agree": "并非直接一致的订单",
    "settled here": "本方已结清",
    "Reconciliations: what each gateway's day came to": "对账：各通道每天的结果",
    "Match a gateway's settlement file with our books": "用通道的对账单核对本方账目",
    "Show one reconciliation: findings, money, orders": "查看一次对账：结果、金额、订单",
}

_SERVICE: Final[dict[str, str]] = {
    "the file comes from a person, and its rows settle money": "文件由人提交，其中的行会让款项落定",
    "that day has not ended": "那一天还没有结束",
    "the last one that has ended is {day}": "最近结束的一天是 {day}",
    "not all pieces of that file were brought": "该文件的分片没有提交齐",
    "bring it again": "请重新提交",
    "the settlement file of {gateway} for {day} is matched with our books": "用 {gateway} {day} 的对账单核对本方账目",
    "{count} orders in doubt there may be settled by its rows": "那里有 {count} 个结果未知的订单，对账行可使其落定",
    "a file that is not whole decides nothing": "不完整的文件不作任何判定",
    "what a row settles is final": "对账行使之落定的，不可更改",
    "{run} is under way": "{run} 正在进行",
    "that it lacks an order proves nothing: it is not the gateway's own": (
        "其中缺少某订单不能证明什么：它不是通道自己给出的"
    ),
    "{run} reconciled that day already; what is known does not change": "{run} 已核对过该日；已知的不会改变",
    "there is no such reconciliation": "没有这次对账",
    "repay reconcile lists them": "repay reconcile 会列出",
    "cut the file anew": "请重新切分文件",
}

_INVARIANTS: Final[dict[str, str]] = {
    "at most one net debit per repayment": "每笔还款净扣款至多一次",
    "one order number, one amount, account and currency": "一个订单号只对应一个金额、账户和币种",
    "debits - reversals = settled + suspense, per gateway and day": "每通道每日：扣款 - 冲正 = 已结清 + 挂账",
    "every open attempt has its next action, in the database": "每个未终结的尝试在库中都有下一步时间",
    "no step outside the table, no final state rewritten": "没有表外的状态迁移，终态从不改写",
    "every attempt comes to an end in time": "每个尝试都按时有结果",
    "the audit has no gap, and tells of every change": "审计链无缺口，每个变更都有记录",
    "nothing is acknowledged before it is durable": "落盘之前绝不应答",
    "no change without role, approval and guards; two different people": "变更须有角色、审批与护栏；两人不得相同",
    "what is not resolved is never overdue, dunned or reported": "未有定论的从不逾期、催收或上报",
    "invariants: {hold} hold, {violated} violated, {unknown} not known": (
        "不变式：{hold} 条成立，{violated} 条被违反，{unknown} 条未知"
    ),
    "{rows:,} looked at": "查看 {rows:,} 条",
    "nothing in this service does any of it": "本服务不做此类操作",
    "nobody approved their own change": "无人审批自己的变更",
    "audit chain": "审计链",
    "every change is told": "每个变更都有记录",
    "the gateways debited no repayment twice": "通道没有重复扣款",
    "the gateways moved what was ordered": "通道所动金额与订单一致",
    "every settled debit stands in its settlement file": "每笔已结清的扣款都在对账单中",
    "each gateway's day adds up": "各通道每日收支相符",
    "every day with debits is reconciled": "有扣款的日子都已对账",
    "no settlement file of the last days was matched": "近日没有核对过对账单",
    "repay reconcile GATEWAY yesterday": "repay reconcile 通道 yesterday",
    "look at each (repay reconcile ID, repay repayment show ID) and decide with a second person": (
        "逐个查看（repay reconcile 编号、repay repayment show 编号），与另一人一起决定"
    ),
    "repay reconcile GATEWAY DATE; it is done by itself when the gateway has the file": (
        "repay reconcile 通道 日期；通道出具对账单后会自动进行"
    ),
}

MESSAGES: Final[dict[str, str]] = {**_INVARIANTS, **_WORDS, **_COMMAND_LINE, **_CONSOLE, **_SERVICE}
