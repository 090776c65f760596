"""Chinese of the in-doubt desk and the exception cases."""

from typing import Final

_KINDS: Final[dict[str, str]] = {
    "Ask the gateway now": "立即查询通道",
    "Close the order at the gateway": "在通道关闭订单",
    "Resolve by hand": "人工裁定",
    "Release an order that was never sent": "释放从未发出的订单",
    "Resolve an exception case": "处理异常",
    "Pay a repayment with a credit": "用贷记余额支付还款",
}

_EFFECTS: Final[dict[str, str]] = {
    "{count} orders are asked about now; nothing is debited": "立即查询 {count} 笔订单；不会扣款",
    "{count} orders are asked about once more; those that it decides stay": (
        "再查询 {count} 笔订单一次；由此有结果的不关闭"
    ),
    "the others are closed at their gateway; their repayments go to failed or reversed": (
        "其余在通道关闭；其还款转为失败或已冲正"
    ),
    "{count} orders count as debited, their repayments as settled": (
        "{count} 笔订单记为已扣款，其还款记为已结清"
    ),
    "{count} orders count as not debited, their repayments can be replayed": (
        "{count} 笔订单记为未扣款，其还款可以重放"
    ),
    "{count} orders count as given back, their repayments as reversed": (
        "{count} 笔订单记为已退回，其还款记为已冲正"
    ),
    "{count} orders are given up; their repayments can be replayed": "放弃 {count} 笔订单；其还款可以重放",
    "the gateway is asked to give the money back; the case ends when it says so": (
        "请通道退回款项；通道确认后异常了结"
    ),
    "the money becomes the borrower's credit; only another approved change uses it": (
        "款项成为借款人的贷记余额；只有另一项经批准的变更才能使用"
    ),
    "it is noted for the gateway's settlement desk; the case ends when a reversal is told": (
        "记下交通道结算岗处理；得知冲正后异常了结"
    ),
    "the case ends; nothing is moved": "异常了结；不移动任何款项",
    "the repayment is paid with the credit and is not debited: it is cancelled": (
        "该还款由贷记余额支付，不再扣款：记为已取消"
    ),
}

_WARNINGS: Final[dict[str, str]] = {
    "{count} of those chosen are left out: it does not fit their state": "所选中有 {count} 笔因状态不符被略过",
    "a debit that went through may be given back: the borrower is overdue then": (
        "已成功的扣款可能被退回：借款人将因此逾期"
    ),
    "if the money did not move, the lender loses it": "若款项并未划转，出借方将损失该款",
    "they can be debited again: if the money moved, the borrower pays twice": (
        "可再次扣款：若款项已划转，借款人将付两次"
    ),
    "the borrower owes the instalment again": "借款人重新欠该期款项",
    "another order of this repayment was debited too": "该还款的另一订单也已扣款",
    "an order that is closed is never open again": "已关闭的订单不会再开启",
    "a final state is never rewritten; what comes later opens a case": "终态不可改写；之后到来的凭证另立异常",
    "the way out is chosen once": "出路只能选择一次",
    "a credit is used once": "贷记余额只能使用一次",
    "it may refund the borrower and make them overdue": "可能退款给借款人并使其逾期",
    "it decides by hand what became of a borrower's money": "由人裁定借款人款项的去向",
    "it decides on money in suspense": "决定挂账款项的去向",
}

_REFUSALS: Final[dict[str, str]] = {
    "no order here waits for its gateway's word": "没有等待通道答复的订单",
    "no order here can be closed: none waits for its outcome": "没有可关闭的订单：都不在等待结果",
    "no order here is with people; inquiry still runs, or it has ended": "没有交由人工的订单；仍在查询，或已有结果",
    "the evidence names {named} fen, the orders have {ordered} fen: another amount ends no order": (
        "凭证为 {named} 分，订单共 {ordered} 分：金额不符不能裁定"
    ),
    "no order here is proven never to have been sent": "没有已证明从未发出的订单",
    "two people are needed, always: repay token create --person NAME --role approver": (
        "必须两人：repay token create --person NAME --role approver"
    ),
    "the credit does not cover this repayment": "贷记余额不足以支付该还款",
    "evidence came in since this was agreed to; look at it again": "同意之后又有新凭证；请重新查看",
    "its way out is chosen already": "出路已选定",
    "its order is still open: wait for its outcome, or close it": "其订单尚未了结：等待结果，或关闭它",
    "there is no money in suspense that could go this way": "没有可走此路的挂账款项",
    "this case left no credit": "该异常没有贷记余额",
    "it is another borrower's repayment": "这是另一借款人的还款",
    "something of this repayment is under way, or it is over": "该还款尚有在途，或已了结",
}

_SERVICE: Final[dict[str, str]] = {
    "there is no such case": "没有此异常",
    "repay case list shows them": "用 repay case list 查看",
    "there is no such selection (kept for an hour)": "没有此选集（保留一小时）",
    "freeze it again": "请重新冻结",
    "narrow the filter": "请收窄筛选",
    "there is no such repayment": "没有此还款",
    "repay repayment list shows them": "用 repay repayment list 查看",
    "the amount is not that of the orders any more": "金额已与订单不符",
    "nobody works on orders of this stage": "此环节没有可处理的订单",
    "in_doubt or manual": "in_doubt 或 manual",
}

_COMMANDS: Final[dict[str, str]] = {
    "what contradicts our books: money in suspense and its way out": "与账不符之处：挂账款项及其出路",
    "only those of this stage": "仅此环节",
    "how it ended": "结局",
    "what shows it: a line of a file, a ticket": "依据：文件中的一行、工单",
    "where that was seen": "在何处所见",
    "the amount that it names, of all orders together": "依据所示金额（分），所有订单合计",
    "name a repayment's id, or a filter": "请给出还款编号或筛选条件",
    "selection {id}: {count:,} repayments": "选集 {id}：{count:,} 笔还款",
    "those that are over, too": "含已了结的",
    "how the money leaves suspense": "款项如何离开挂账",
    "the repayment that it pays": "由它支付的还款",
    "a case's number": "异常编号",
    "answers": "答复",
    "next inquiry": "下次查询",
    "in suspense": "挂账",
    "opened": "立案",
    "names": "所示金额",
    "also debited": "亦已扣款",
    "another order of this repayment": "该还款的另一订单",
    "chosen": "已选",
    "credit left": "贷记余额",
    "cases": "异常数",
    "day": "日",
}

_WORDS: Final[dict[str, str]] = {
    "definitive": "确定",
    "no outcome": "无结果",
    "contradictory": "矛盾",
    "no such order": "查无此单",
    "the gateway does not know this order": "通道查无此单",
    "no answer yet": "尚无答复",
    "against a final state": "与终态矛盾",
    "another amount": "金额不符",
    "known though never sent": "未发出却有记录",
    "closed unasked": "未经请求而关闭",
    "debited twice": "重复扣款",
    "open case": "待处理",
    "money awaited": "待退款",
    "credit": "贷记余额",
    "resolved": "已了结",
    "reverse: the gateway gives the money back": "冲正：通道退回款项",
    "apply to the next instalment: keep it as a credit": "抵下一期：留作贷记余额",
    "refund: instruct the gateway's settlement desk": "退款：通知通道结算岗",
    "nothing: end the case, nothing is moved": "不动：了结异常，不移动款项",
    "to be closed": "待关闭",
    "resolved by hand": "人工裁定",
    "case: way out": "异常：出路",
    "credit used": "贷记余额已用",
    "paid by credit": "由贷记余额支付",
}

_CONSOLE: Final[dict[str, str]] = {
    "Doubts: orders whose outcome is not known, by deadline": "结果未知：尚无定论的订单，按期限",
    "Cases: what contradicts our books, money in suspense": "异常：与账不符，挂账款项",
    "Have the gateway asked now": "立即查询通道",
    "Have the gateway close the order": "请通道关闭订单",
    "Resolve by hand, with a second person and evidence": "人工裁定，须第二人与凭证",
    "Give up orders that were never sent": "放弃从未发出的订单",
    "Choose how a case ends": "选择异常的出路",
    "Show one case with the ways out": "查看一件异常及其出路",
    "Money in suspense per gateway and day": "各通道每日挂账",
    "Pay a repayment with the credit of a case": "用异常的贷记余额支付还款",
    "ask now": "查询",
    "close it": "关闭",
    "resolve": "处理",
    "In doubt": "结果未知",
    "Exception cases": "异常案件",
    "Ask": "查询",
    "Close": "关闭",
    "Resolve": "处理",
    "result": "结局",
    "reference": "依据",
    "seen where": "见于",
    "amount named": "所示金额",
    "space: how it ended": "空格：结局",
    "space: another way": "空格：换一条",
    "a line of a file, a ticket": "文件中的一行、工单",
    "as: the gateway's portal": "如：通道后台",
    "in fen": "分",
    "way out": "出路",
    "proposed": "建议",
    "it is with people: e resolves it": "已交人工：按 e 裁定",
    "inquiry still runs: i asks now, c closes it": "仍在查询：i 立即查询，c 关闭",
    "it is being closed": "正在关闭",
    "the {count} most urgent; all: repay repayment doubts": "最急的 {count} 笔；全部：repay repayment doubts",
    "by deadline: order expiry or end of grace": "按期限：订单失效或宽限期满",
    "nothing is in doubt": "没有结果未知的订单",
    "over {span}": "超 {span}",
    "to close": "待关闭",
    "deadline": "期限",
    "last answer": "最近答复",
    "before": "此前",
    "asked in": "查询于",
    "{count} not over, {sum} in suspense": "{count} 件未了结，挂账 {sum}",
    "the newest {count} shown": "显示最新 {count} 件",
    "mark repayments (space), or filter them, first": "请先标记（空格）或筛选还款",
    "the gateway does not know this order; it is asked on, and in the end people decide": (
        "通道查无此单；继续查询，到期交由人工裁定"
    ),
    "in fen, of all orders together": "分，所有订单合计",
    "Release": "释放",
    "Pay": "支付",
    "{sum} left": "余 {sum}",
    "its id: one of the same borrower": "编号：须为同一借款人",
    "Exception case": "异常案件",
    "Money in suspense": "挂账款项",
    "{sum} in suspense; enter shows the cases": "挂账 {sum}；回车查看异常",
    "no money is in suspense": "没有挂账款项",
    "Suspense: money in suspense, by gateway and day": "挂账：各通道每日挂账款项",
    "Have the gateway give the money of a case back": "请通道退回异常款项",
    "Keep the money of a case as the borrower's credit": "将异常款项留作借款人贷记余额",
    "Leave the money of a case to the gateway's settlement desk": "将异常款项交通道结算岗退款",
    "End a case, nothing is moved": "了结异常，不移动款项",
    "Show the repayment of a case": "查看异常所属还款",
    "give back": "退回",
    "refund": "退款",
    "end it": "了结",
    "use credit": "用余额",
    "{key}  proposed": "{key}  建议",
    "ordered": "订单金额",
    "Money": "金额",
    "no case waits": "没有待处理的异常",
    "case": "案件",
    "what": "事由",
}

MESSAGES: Final[dict[str, str]] = {
    **_KINDS,
    **_EFFECTS,
    **_WARNINGS,
    **_REFUSALS,
    **_SERVICE,
    **_COMMANDS,
    **_WORDS,
    **_CONSOLE,
}
