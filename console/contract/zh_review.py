"""Chinese messages of ending reviews, and of what the console adds to the change desk: tokens, previews."""

from typing import Final

_REVIEWS: Final[dict[str, str]] = {
    "End a review: let the marked repayments go on, or reject them": "结束审核：放行或拒绝所标记的还款",
    "{count} marked": "已标记 {count} 笔",
    "End the review": "结束审核",
    "verdict": "结论",
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

MESSAGES: Final[dict[str, str]] = {**_REVIEWS}
