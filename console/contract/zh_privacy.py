"""Chinese of personal data: showing a value in full, searching for a person, how long things are kept."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "Stop reveals of personal data": "停止查看完整个人信息",
    "nobody sees personal data in full": "任何人都不能查看完整的个人信息",
    "masked values, searching by token and exports go on": "脱敏值、按标识查询和导出照常进行",
    "who has the role sees one value at a time in full again, audited": (
        "有权限的人可再次逐项查看完整信息，每次均记入审计"
    ),
    "Reveal one value of the borrower for 30 seconds; audited": "查看该客户的一项完整信息 30 秒，记入审计",
    "Find a borrower by mobile, identity number or card; audited": "按手机号、身份证号或卡号查找客户，记入审计",
    "which value": "哪一项",
    "what for, e.g. complaint; audited": "用途，例如 complaint；记入审计",
    "read the value from stdin; without, it is asked for and not echoed": (
        "从标准输入读取；不写则询问，输入不回显"
    ),
    "audited; {count} more within the hour": "已记入审计；一小时内还可查看 {count} 次",
    "no borrower is known by this value": "没有客户与此值相符",
    "their repayments: repay repayment list {filter}": "其还款：repay repayment list {filter}",
    "borrower's id, mobile, identity number or card: ": "客户编号、手机号、身份证号或卡号：",
    "id, mobile, identity number or card: ": "客户编号、手机号、身份证号或卡号：",
    "write - to read the value from stdin": "写 - 以从标准输入读取",
    "the value is empty or too long": "值为空或过长",
    "purpose": "用途",
    "e.g. complaint": "例如 complaint",
    "Reveal": "查看",
    "Reveal personal data": "查看个人信息",
    "Who saw what, what for and why is in the audit before it is shown.": (
        "谁、为何、出于什么用途查看了什么，先记入审计，然后才显示。"
    ),
    "gone in {count} s; {left} more within the hour": "{count} 秒后消失；一小时内还可查看 {left} 次",
    "hidden: the terminal lost the focus": "已隐藏：终端失去焦点",
    "hidden: its time is over": "已隐藏：时间已到",
    "a revealed value is not copied": "查看的完整信息不可复制",
    "reveal": "查看",
    "reveals of personal data are stopped": "查看完整个人信息已停止",
    "an admin allows them again: repay repayment allow-reveals": (
        "由管理员恢复：repay repayment allow-reveals"
    ),
    "the personal data of this repayment was erased: its time was over": "该还款的个人信息已到期清除",
    "it is kept for some years after the end of a repayment; the books keep amounts and order numbers": (
        "还款结束后保存若干年；账目保留金额与订单号"
    ),
    "stop reveals of personal data": "停止查看完整个人信息",
    "Allow reveals of personal data again": "恢复查看完整个人信息",
    "everybody": "所有人",
    "Allow": "恢复",
    "the stored value cannot be opened": "存储的值无法解开",
    "see repay doctor; restore the key file": "见 repay doctor；恢复密钥文件",
    "wait, or ask a colleague who has the role": "请稍候，或请有权限的同事查看",
    "this person has seen as many values in full as one may within an hour": (
        "此人一小时内查看完整信息的次数已达上限"
    ),
    "this person has searched as often as one may within an hour": "此人一小时内查找的次数已达上限",
}
