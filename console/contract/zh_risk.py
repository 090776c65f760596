"""Chinese messages of strategies: what they are, what borrowers are told, fields and changes."""

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    # Starters: title, explanation, what the borrower is told
    "Many repayments in an hour": "一小时内多次还款",
    "One payer pays unusually often within an hour: a script, or somebody testing cards.": (
        "同一付款人在一小时内还款次数异常：可能是脚本，或有人在试卡。"
    ),
    "You have paid several times within the hour; please confirm that this one is meant.": (
        "您在一小时内已多次还款，请确认本次还款是您本人的意愿。"
    ),
    "Many repayments in a day": "一天内多次还款",
    "One payer pays far more often in a day than instalments can fall due.": (
        "同一付款人一天内的还款次数远超可能到期的期数。"
    ),
    "You have paid very often today; we look at this payment before we take it.": (
        "您今天还款次数很多，我们将在核实后处理本次还款。"
    ),
    "Repeated mis-taps": "多次误触",
    "Taps beside the button or taken back just before: the payment may be a slip.": (
        "还款前多次点偏或撤回，可能是误操作。"
    ),
    "It looked as if you tapped by mistake; please confirm the payment.": "您似乎误触了，请确认本次还款。",
    "Many failed attempts before": "此前多次失败",
    "Far more attempts of this payer failed than settled: the account may not be theirs.": (
        "该付款人失败的次数远多于成功：账户可能不是本人的。"
    ),
    "Several of your payments failed; we look at this one before we take it.": (
        "您有多次还款失败，我们将在核实后处理本次还款。"
    ),
    "Intercepted again and again": "屡次被拦截",
    "Strategies intercepted this payer several times, and nothing was settled.": (
        "该付款人多次被策略拦截，且没有一笔成功。"
    ),
    "We look at this payment before we take it.": "我们将在核实后处理本次还款。",
    "Amount far above the usual": "金额远超平常",
    "The payer pays several times what they usually pay.": "付款金额是其平常金额的数倍。",
    "This payment is much larger than your usual ones; please confirm it.": (
        "本次还款金额远大于您平常的金额，请确认。"
    ),
    "Large amount at night": "夜间大额",
    "A large payment between midnight and six, while account owners sleep.": (
        "零点到六点之间的大额还款，此时账户主人多在休息。"
    ),
    "For your safety large payments at night are taken after a short wait.": (
        "为了您的资金安全，夜间大额还款将在短暂等待后处理。"
    ),
    "Large first payment": "首次大额还款",
    "Somebody never seen before pays a large amount, as stolen cards are tried.": (
        "从未出现过的付款人支付大额款项，盗刷试卡常见此情形。"
    ),
    "We have not seen you pay before; please confirm this large payment.": (
        "这是您首次还款且金额较大，请确认。"
    ),
    "Above the limit of a product": "超出产品上限",
    "The amount is above what an instalment of this product can be.": "金额超出该产品单期可能的上限。",
    "The amount is above what can be due for this loan; please check it.": (
        "金额超出该贷款可能的应还金额，请核对。"
    ),
    "Large amount from a new device": "新设备大额还款",
    "A large payment from a device that this payer did not use before.": "付款人使用新设备支付大额款项。",
    "You pay from a new device; please confirm that it is you.": "您正在使用新设备还款，请确认是您本人。",
    "Unusual hour": "异常时段",
    "A payment in the small hours from a device or region that is new for this payer.": (
        "凌晨时段、使用新设备或身处新地区的还款。"
    ),
    "You pay at an unusual time and place; please confirm that it is you.": (
        "您在异常的时间和地点还款，请确认是您本人。"
    ),
    "Region and device changed": "地区与设备同时变化",
    "Region and device are both others than last time, and the amount is not small.": (
        "地区和设备都与上次不同，且金额不小。"
    ),
    "You pay from another place with a new device; please confirm that it is you.": (
        "您在异地使用新设备还款，请确认是您本人。"
    ),
    "New payer in another region": "新付款人异地还款",
    "A payer of few days pays from another region than before.": "出现不久的付款人从另一地区还款。",
    "You pay from another place than before; please confirm that it is you.": (
        "您的还款地点与以往不同，请确认是您本人。"
    ),
    "Name does not match": "姓名不符",
    "The card's name is not the borrower's: another pays, or the card is stolen.": (
        "银行卡姓名与借款人不符：他人代还，或卡被盗用。"
    ),
    "The card's name is not yours; please pay with your own card, or confirm who pays.": (
        "银行卡姓名与您不符，请使用本人银行卡，或确认付款人。"
    ),
    # Parameters
    "repayments in the hour before": "此前一小时内的还款次数",
    "repayments in the day before": "此前一天内的还款次数",
    "slips just before": "此前的误触次数",
    "failed attempts, at least": "失败次数下限",
    "interceptions, at least": "被拦截次数下限",
    "per cent of the usual amount": "相对平常金额的百分比",
    "amount in fen from which it is large": "视为大额的金额（分）",
    "the product": "产品",
    "largest amount in fen": "金额上限（分）",
    "first hour of the night": "夜间开始的小时",
    "first hour of the morning": "早晨开始的小时",
    "days since first seen": "首次出现以来的天数",
    # Fields
    "amount of the repayment in fen": "还款金额（分）",
    "what the loan is for": "贷款产品",
    "hour of the day in Shanghai, 0 to 23": "上海时间的小时，0 到 23",
    "minutes since midnight in Shanghai": "上海时间零点以来的分钟数",
    "day of the week, Monday is 1": "星期几，星期一为 1",
    "days until the instalment is due, negative when overdue": "距到期日的天数，逾期为负",
    "gateway that the payer asked for, empty for none": "付款人指定的通道，未指定为空",
    "orders sent for this repayment before": "本笔还款此前已发送的订单数",
    "repayments of the payer in the hour before": "付款人此前一小时内的还款次数",
    "repayments of the payer in the day before": "付款人此前一天内的还款次数",
    "amount in per cent of what the payer usually pays, 100 if unknown": (
        "金额相对付款人平常金额的百分比，未知为 100"
    ),
    "the device is not the one used last time; false if unknown": "设备与上次不同；未知为假",
    "region the payer is in, empty if unknown": "付款人所在地区，未知为空",
    "the region is not the one of last time; false if unknown": "地区与上次不同；未知为假",
    "times the payer tapped beside or undid just before": "付款人此前点偏或撤回的次数",
    "the name on the card is the borrower's; true if unknown": "银行卡姓名与借款人一致；未知为真",
    "days since the payer was first seen": "付款人首次出现以来的天数",
    "repayments of the payer that were settled": "付款人已结清的还款数",
    "attempts of the payer that failed": "付款人失败的尝试数",
    "repayments of the payer that a strategy intercepted": "付款人被策略拦截的还款数",
    "three or more settled, nothing suspicious for 90 days": "已结清三笔以上，90 天内无可疑情形",
    # Answers of the service
    "no challenge of this repayment waits for an answer": "该还款没有等待答复的验证",
    "look at its timeline: it was answered, ended by time, or is in review for another reason": (
        "请查看其时间线：可能已答复、已超时，或因其他原因在审核中"
    ),
    "there is no such strategy": "没有这个策略",
    # Reviews
    "End the review of repayments": "结束还款审核",
    "intercepted by: {strategies}": "拦截策略：{strategies}",
    "{count} repayments are rejected; no order is sent for them": "{count} 笔还款将被拒绝，不会发送订单",
    "{count} repayments go on to dispatch, and are not screened again": "{count} 笔还款进入派发，不再筛查",
    "a rejected repayment is final; the borrower has to pay anew": "拒绝后不可恢复，借款人须重新还款",
    "{count} are not in review any more and are left alone": "{count} 笔已不在审核中，不作处理",
    "none of these repayments is in review: others have decided, or its time is over": (
        "这些还款都不在审核中：已有他人处理，或已超时"
    ),
    "a repayment is named twice": "同一还款出现了两次",
    "look it up: text~ID": "可搜索：text~ID",
    # Changes
    "Set a strategy": "设置策略",
    "Put a scenario in force": "启用场景",
    "{id} blocks, and would let everything through": "{id} 是阻断策略，此变更将放行全部还款",
    "{id} is set like this already": "{id} 已是如此设置",
    "{name}: {old} becomes {new}": "{name}：{old} 变为 {new}",
    "{scenario} is in force already": "场景 {scenario} 已启用",
    "nothing was screened lately, so its effect is not known": "近期没有经过筛查的还款，影响未知",
    "of {count} repayments screened since {since_at}:": "自 {since_at} 以来筛查的 {count} 笔还款中：",
    "{count} more would be intercepted ({money})": "将多拦截 {count} 笔（{money}）",
    "{count} fewer would be intercepted ({money})": "将少拦截 {count} 笔（{money}）",
    "{count} of them are of payers with a clean history": "其中 {count} 笔来自记录良好的付款人",
}
