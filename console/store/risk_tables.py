"""The tables of risk: strategies and their versions, what is known of payers, decisions, interceptions.

On the same metadata as `tables`. What a strategy is, is not known here: it is kept as a JSON document.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger, String, Table, Text

from console.store.tables import RowId, metadata

strategy = Table(
    "strategy",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("approved_version", Integer, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("percent", Integer),
    Column("document", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", String(128), nullable=False),
    Column("change_id", String(40)),
)
"""Each strategy as it is now. `approved_version` is the one a loosened strategy returns to; it differs
from `version` only while a loosening lasts."""

strategy_version = Table(
    "strategy_version",
    metadata,
    Column("strategy_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", String(128), nullable=False),
    Column("why", String(512), nullable=False),
    Column("change_id", String(40)),
)
"""Every version a strategy ever had."""

risk_setting = Table(
    "risk_setting",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(64), nullable=False),
)
"""`revision` grows with every write to strategies and scenario; `scenario` is the one in force."""

payer = Table(
    "payer",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("first_seen", BigInteger, nullable=False),
    Column("settled", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("intercepted", BigInteger, nullable=False),
    Column("usual_fen", BigInteger, nullable=False),
    Column("bad_at", BigInteger),
    Column("last_device", String(32)),
    Column("last_region", String(64)),
    Column("hour", BigInteger, nullable=False),
    Column("hour_count", BigInteger, nullable=False),
    Column("hour_before", BigInteger, nullable=False),
    Column("day", BigInteger, nullable=False),
    Column("day_count", BigInteger, nullable=False),
    Column("day_before", BigInteger, nullable=False),
)
"""What the service remembers of a borrower (by keyed token). `usual_fen` is a running mean of what was
settled, 0 when nothing was; `bad_at` the last reversal, suspicious failure or failed verification.
`hour` and `day` number the spans since the epoch that the counts belong to, `…_before` is the span
before. Screening writes counts and last device and region, evidence writes the rest."""

signal = Table(
    "signal",
    metadata,
    Column("repayment_seq", RowId, primary_key=True, autoincrement=False),
    Column("device", String(32)),
    Column("region", String(64)),
    Column("mis_taps", Integer),
    Column("name_matches", Boolean),
)
"""What the front-end saw when a repayment was made, until it is screened. `device` is a keyed digest."""

decision = Table(
    "decision",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("repayment_seq", RowId, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("bucket", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("product", String(64), nullable=False),
    Column("hour", SmallInteger, nullable=False),
    Column("minute_of_day", SmallInteger, nullable=False),
    Column("weekday", SmallInteger, nullable=False),
    Column("due_in_days", Integer, nullable=False),
    Column("gateway", String(64), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("payments_last_hour", Integer, nullable=False),
    Column("payments_last_day", Integer, nullable=False),
    Column("amount_ratio", Integer, nullable=False),
    Column("new_device", Boolean, nullable=False),
    Column("region", String(64), nullable=False),
    Column("region_changed", Boolean, nullable=False),
    Column("mis_taps", Integer, nullable=False),
    Column("name_matches", Boolean, nullable=False),
    Column("payer_age_days", Integer, nullable=False),
    Column("payer_settled", Integer, nullable=False),
    Column("payer_failed", Integer, nullable=False),
    Column("payer_intercepted", Integer, nullable=False),
    Column("clean_payer", Boolean, nullable=False),
    Column("action", String(16), nullable=False),
    Column("enforced", Text, nullable=False),
    Column("shadow", Text, nullable=False),
)
"""One row per screening: what was known, and what was decided. `enforced` and `shadow` hold ids of
strategies, comma between them; `action` is `pass` or what was done."""

interception = Table(
    "interception",
    metadata,
    Column("repayment_seq", RowId, primary_key=True, autoincrement=False),
    Column("action", String(16), nullable=False),
    Column("strategies", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""A repayment that strategies keep: until its delay is over, or until it is cancelled for want of an
answer."""

strategy_minute = Table(
    "strategy_minute",
    metadata,
    Column("minute", BigInteger, primary_key=True),
    Column("strategy_id", String(64), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Column("acted", BigInteger, nullable=False),
    Column("acted_fen", BigInteger, nullable=False),
    Column("clean_seen", BigInteger, nullable=False),
    Column("clean_hits", BigInteger, nullable=False),
    Column("verified", BigInteger, nullable=False),
    Column("unverified", BigInteger, nullable=False),
)
"""Per strategy and minute: repayments seen, those it fits, those it acted on with their money, the same
for payers with a clean history, and how challenged borrowers answered."""

Index("ix_strategy_minute_strategy", strategy_minute.c.strategy_id, strategy_minute.c.minute)
