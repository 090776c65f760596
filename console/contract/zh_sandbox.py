"""Chinese messages of the sandbox and of the places where things are kept."""

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "cannot make {path}: {problem}": "无法创建 {path}：{problem}",
    "{path} is not a directory; move it away": "{path} 不是目录；请把它移走",
    "{path} belongs to another user; choose another directory": "{path} 属于其他用户；请换一个目录",
    "others can reach {path}; run: chmod 700 {path}": "其他用户可以访问 {path}；请执行：chmod 700 {path}",
    "{path} is too long for a socket; set REPAY_RUNTIME_DIR to a shorter directory": (
        "{path} 作为套接字路径过长；请把 REPAY_RUNTIME_DIR 设为更短的目录"
    ),
    "{path} belongs to another user; remove it": "{path} 属于其他用户；请删除它",
    "others can read {path}; run: chmod 600 {path}": "其他用户可以读取 {path}；请执行：chmod 600 {path}",
    "{path} is held by process {pid}": "{path} 正被进程 {pid} 占用",
    "no misbehaviour is called {word}; see: repay sandbox fault --help": (
        "没有名为 {word} 的故障；参见：repay sandbox fault --help"
    ),
    "no misbehaviour is called {word}; did you mean {guess}?": "没有名为 {word} 的故障；是否想要 {guess}？",
    "answers every order with success at once": "每笔订单立即成功",
    "declines orders with the usual codes": "以常见错误码拒绝订单",
    "answers after 2 to 8 seconds": "2 到 8 秒后才应答",
    "never answers, and does not debit": "不应答，也不扣款",
    "debits, and never answers": "已扣款，但不应答",
    "debits, and answers with a server error": "已扣款，但应答服务器错误",
    "debits, and resets the connection": "已扣款，但重置连接",
    "sends its answer one byte at a time": "逐字节发送应答",
    "cuts its answer off in the middle": "应答中途截断",
    "answers something that is no answer": "应答内容毫无意义",
    "signs its answers wrongly": "应答签名错误",
    "answers with another amount": "应答金额不符",
    "answers with a redirect to another address": "应答重定向到其他地址",
    "says for a while that it does not know an order it knows": "在一段时间内谎称查无此单",
    "says processing, not found and the truth in turn when asked": "查询时轮流回答处理中、查无此单和实情",
    "accepts, and confirms after one to five minutes": "先受理，一到五分钟后才确认",
    "calls back several times": "重复回调",
    "calls back before it answers": "先回调，后应答",
    "calls back with the outcome, then with what was before": "先回调结果，再回调之前的状态",
    "never calls back": "从不回调",
    "says closed, and debits later all the same": "答复已关闭，之后仍然扣款",
    "leaves rows out of its settlement file": "对账单缺行",
    "repeats rows in its settlement file": "对账单重复行",
    "adds rows of unknown orders to its settlement file": "对账单多出未知订单",
    "breaks every connection; nobody is there": "断开所有连接，完全不可用",
}
