"""A configuration with every key explained; a test holds that it loads and that no key is left out."""

from typing import Final

EXAMPLE: Final = """\
# Configuration of the service: repay control serve --config FILE, repay worker --config FILE.
# Secrets are never written here: { env = "NAME" } reads an environment variable,
# { file = "/path" } a file that only the service's user can read (chmod 600).

# What the console shows in its header, and what a profile's environment must equal.
name = "Repayments, East"
environment = "staging"               # sandbox | staging | production
tier = "east-1"

# sqlite:///path (one machine, one service), or postgresql://user@host/name (any number of machines).
# With a password in it: database = { env = "REPAY_DATABASE" }.
database = "sqlite:////var/lib/repay/control.db"

# Keys that seal personal data and make borrowers' tokens; made when absent (0600). Back this file up:
# without it personal data cannot be read again. Every process of one database needs the same file.
keys_file = "/var/lib/repay/keys.json"

# Whether this process also runs the workers. With SQLite it must; with PostgreSQL they may run
# elsewhere: repay worker --config FILE.
workers = true

# Whether every change is refused; looking, taking repayments in and the workers go on.
read_only = false

# Where gateways can reach /v1/callbacks/{gateway} of this service.
notify_url = "https://repay-control.example:8443"

# Where the log goes: a file for each day, kept as long as privacy.log_days says. Without it, to stderr:
# have your journal keep it as long. Each process needs a file of its own.
# log_file = "/var/log/repay/control.log"

[listen]
address = "127.0.0.1:8443"            # or: socket = "/run/repay/control.sock" (its user is the admin)
# An address that is reachable from outside needs TLS here, or a proxy in front that does it.
# certificate = "/etc/repay/control.pem"
# key = "/etc/repay/control.key"
behind_proxy = false

# Who may sign in. Roles: viewer looks; operator also takes repayments in and exports; auditor looks and
# exports; approver looks and approves; admin may do everything. A secret has at least 20 characters:
# openssl rand -hex 32
[[token]]
person = "li.wei"
role = "operator"
secret = { env = "REPAY_TOKEN_LI_WEI" }

[[token]]
person = "prometheus"
role = "viewer"
secret = { file = "/etc/repay/prometheus.token" }

# The gateways, one table each.
[[gateway]]
id = "alipay"
kind = "rest"                         # the wire protocol
base_url = "https://gateway.example/alipay"
merchant = "m-1001"
secret = { env = "REPAY_GATEWAY_ALIPAY" }   # signs both ways
weight = 60                           # share of the traffic among the healthy
timeout = 8.0                         # seconds in which a debit must be answered, then it is in doubt
max_in_flight = 64                    # orders on their way at once
rate_per_second = 200.0               # orders sent per second, at most
idempotency_window = 86400.0          # seconds in which the same order number gives the same answer
order_expiry = 1800.0                 # seconds after which the gateway refuses an order
# Codes that prove a debit failed. Any other failure is in doubt until it is inquired about.
failure_codes = ["INSUFFICIENT_FUNDS", "CARD_EXPIRED", "ACCOUNT_CLOSED", "LIMIT_EXCEEDED"]
# Money placed there beforehand; may be left out. The balance counts once, when the service first meets the
# gateway, later money is noted by: repay gateway reserve alipay --top-up YUAN. The floor warns.
reserve = { balance_fen = 500000000, floor_fen = 50000000 }

# What its contract promises; may be left out. `repay gateway sla alipay` is the ledger of it.
[gateway.sla]
objective = 0.98                      # share of orders that must succeed, over 30 days: the error budget
fee_basis_points = 60                 # its fee on what settles, in hundredths of a percent
# Whose fault a code is, before the rules of the house (front_end, risk, own_queue, gateway, bank, borrower).
blame = { "PARTNER_*" = "bank" }
# Count by a Prometheus instead: each query gives one number over {window} (60s … 2592000s), but confirm a
# histogram. It scrapes every 30 s or more often; a minute of which a query gives nothing is unknown. good and
# total are needed; what has no queries is counted here.
# [gateway.sla.source]
# prometheus = "http://127.0.0.1:9090"
# user = "repay"                      # with it the token is the password of basic auth, else a bearer token
# token = { file = "/etc/repay/sli.token" }   # over https or loopback only
# good = "sum(increase(paid_total[{window}])) or vector(0)"
# total = "sum(increase(orders_total[{window}]))"
# in_doubt = "sum(increase(orders_total{outcome='in_doubt'}[{window}])) or vector(0)"
# outcomes = "sum(increase(orders_total[{window}]))"
# answered = "sum(increase(inquiries_total{result='answered'}[{window}])) or vector(0)"
# inquiries = "sum(increase(inquiries_total[{window}]))"
# confirm = "sum by (le) (increase(confirm_seconds_bucket[{window}]))"

# The promises, [[gateway.sla.clauses]] tables. Metrics: success_rate, in_doubt_ratio, inquiry_availability
# (ratios), confirm_p95 and confirm_p99 (seconds from send to a definitive outcome).
[[gateway.sla.clauses]]
id = "success"
metric = "success_rate"
threshold = 0.98
measured_at = "this platform"         # where the contract has it measured, in words
exclude_declared = true               # leave out minutes of windows that were declared before they began
tiers = [{ beyond = 0.98, credit_percent = 5 }, { beyond = 0.95, credit_percent = 20 }]   # of the fees
claim_days = 30                       # days after the period in which credit must be claimed

# The audit's second sink: anchors of the chain go there, so that no one who can write the database can
# rewrite the audit unnoticed. A file (made 0600, only appended to) on another disk or host, or "syslog".
# While it cannot be written no change is made. Default: audit.anchors next to keys_file.
[audit]
sink = "/var/log/repay/audit.anchors"

# Personal data: what one person may do within an hour, and how long records are kept. The law's days
# (three years for what was done with personal data, 184 days for logs) are the least.
[privacy]
reveals_per_hour = 20                 # values shown in full
searches_per_hour = 60                # searches for a borrower by mobile, identity number or card
record_days = 1096                    # rows of the audit, and what repayments tell of borrowers
log_days = 184                        # files of the service's log

# Early warning. Everything may be left out.
[warnings]
# Prometheus Alertmanager that gets each warning through its API v2.
alertmanager = "http://127.0.0.1:9093"
threshold = { volume = 0.6 }          # scores (0 to 1) from which on a series is told, usually 0.5

# Who else is told, by a signed POST that is tried again until it arrives. X-Signature is the hex
# HMAC-SHA256 of X-Timestamp, a line feed, and the hex SHA-256 of the body; X-Delivery stays the same when
# a message comes twice.
[[warnings.webhook]]
name = "oncall"
url = "https://hooks.example/repay"
secret = { env = "REPAY_WEBHOOK_ONCALL" }

# What is expected beyond the usual: sale days, days on which instalments fall due, paydays. More than that
# and less than that are both told. Days and times are those of Asia/Shanghai: days = dates, month_days =
# 1 to 31, weekdays = 1 to 7 (Monday is 1).
[[warnings.expected]]
name = "Double 11"
days = [2026-11-11]
month_days = []
weekdays = []
since = 00:00:00                      # times of the day between which it holds
until = 23:59:59
multiplier = 4.0                      # times the usual
band = 0.3                            # give or take this share
product = "instalment_shop"           # of this product only; left out: of all

# How the workers pace themselves; spans are seconds. Each may be left out.
[pipeline]
intake_limit = 200000                 # repayments not yet sent, above which intake answers 429
batch = 256                           # rows a worker takes in one commit
gather = 0.005                        # how long evidence waits for company before it is committed
poll = 0.25                           # how often an idle worker looks for work it was not told of
lease = 15.0                          # how long a claim holds beyond its call; then its worker is dead
heartbeat = 3.0                       # how often a worker shows that it lives; lease holds three of them
inquiry_steps = [5, 10, 30, 60, 120, 300]   # waits before the first inquiries about an order in doubt
inquiry_every = 600.0                 # wait between the inquiries after those
inquiries_in_flight = 32              # inquiries at once, per gateway
not_found_before_resend = 3           # not-found answers in a row before the same order is sent again
resend_margin = 60.0                  # how long before the end of order and window resending stops
manual_after_days = 2                 # at the end of the how-manieth day people take over
page_after = 7200.0                   # how long an order may be in doubt before somebody is called
clean_limit = 0.02                    # share of clean payers stopped above which a strategy steps back
clean_sample = 200                    # clean payers that must be seen before a strategy is judged
reconcile_after = 600.0               # how long after the start files of days that ended are asked for
stop_within = 5.0                     # how long stopping may wait for calls under way

# How replays pace themselves, and when one stops by itself. Rates are orders a second per gateway.
[pipeline.replay]
rate = 50                             # of a replay that asks for none
rate_cap = 500                        # the highest a replay may ask for
in_flight = 64                        # orders on their way at once, per gateway
ramp = 5.0                            # how long 1, 5 and 25 % of the rate last each, at least
inquiries = 3                         # inquiries after which an order is left in doubt to the pipeline
ask_again = 5.0                       # wait between these inquiries, at most
approval_count = 1000                 # repayments above which a second person must agree
approval_fen = 100000000              # money above which a second person must agree
stop_refailed = 0.5                   # share of new orders that failed again above which one stops
stop_unknown = 0.5                    # share of new orders in doubt above which one stops
stop_sample = 50                      # new orders that must be decided before one stops
live_backlog = 200                    # other repayments waiting above which a replay makes room
batch = 512                           # items in one transaction

# Care for borrowers: quiet while their money is in doubt, grace, coupons, notices. Spans are seconds.
[care]
every = 1.0                           # how often the workers look for what needs care
batch = 256                           # repayments in one transaction
in_doubt_after = 600.0                # how long in doubt until grace and hold are given by themselves
in_doubt_grace_days = 3               # that grace, from the due day or from today where that is later
after_days = 1                        # days to pay in time after the day on which a doubt ended
holidays = []                         # more than the packaged table has: [[2027-02-05, 2027-02-11]]
# clock_from = 2027-01-01             # the first day that counts; without it, when the clock first ran
coupon_budget_fen = 10000000          # what the coupons of one day may cost
approval_count = 1000                 # repayments above which a second person must agree to a grant
approval_fen = 1000000                # money of coupons above which a second person must agree
grace_days = 30                       # days of grace that one grant may give, at most
notices_per_day = 3                   # notices to one borrower in a day, at most
# Where notices, dunning and credit reports are sent, signed; without it they wait.
# [care.webhook]
# url = "https://notices.example/repay"
# secret = { env = "REPAY_NOTICES" }
# timeout = 10.0                      # seconds until it is tried again
"""
