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
}
