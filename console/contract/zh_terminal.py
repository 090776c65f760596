"""The Chinese catalogue of the terminal layer and the table."""

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "row {row} / {count}": "第 {row} 行，共 {count} 行",
    "{count} marked": "已标记 {count}",
    "columns hidden: {count}; widen the window": "未显示列：{count}；请加宽窗口",
    "Stopped by an unexpected error. Incident {id}": "程序因意外错误而停止。事件编号 {id}",
    "Stopped by an unexpected error. Incident {id}; details in {log}": (
        "程序因意外错误而停止。事件编号 {id}；详情见 {log}"
    ),
    "Stopped by an unexpected error. Incident {id}; the details could not be written: {problem}": (
        "程序因意外错误而停止。事件编号 {id}；详情无法写入：{problem}"
    ),
}
