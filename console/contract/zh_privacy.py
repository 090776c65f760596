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
}
