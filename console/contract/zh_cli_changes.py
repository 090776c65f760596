"""Chinese of the command line's change verbs: previews, changes, strategies, windows, audit, tokens."""

from typing import Final

_VERBS: Final[dict[str, str]] = {
    "rules that intercept risky repayments": "拦截可疑还款的规则",
    "maintenance windows: when traffic is held, rerouted or rejected": "维护窗口：何时暂存、改道或拒绝流量",
    "the third parties that debit": "执行扣款的第三方",
    "what was changed; agreeing to it, undoing it": "做过的变更；审批与撤销",
    "who did what, and whether that record holds": "谁做了什么，以及记录是否完好",
    "who may sign in, in which role": "谁可以登录，以何种角色",
    "Let a paused queue go on": "恢复已暂停的队列",
    "List the gateways": "列出支付通道",
    "Change a gateway's share of the traffic": "调整支付通道的流量权重",
    "Let a gateway take debits again": "让支付通道重新接受扣款",
    "List the risk strategies": "列出风控策略",
    "Show one strategy in full": "完整显示一个策略",
    "Set a strategy's mode, parameters or schedule": "设置策略的模式、参数或时间表",
    "Tell which repayments would flip if a strategy were set otherwise": "说明改变策略后哪些还款的结果会翻转",
    "Show the versions of a strategy with their differences": "显示策略的各版本及其差异",
    "Put another scenario in force": "切换到另一个场景",
    "List the maintenance windows": "列出维护窗口",
    "Show one window: when, what waits, the forecast": "显示一个窗口：时间、等待的还款、预测",
    "Declare a maintenance window": "申报维护窗口",
    "Tell what a maintenance window would hold up": "说明维护窗口会影响什么",
    "Let a window last longer": "延长窗口",
    "End a window now": "立即结束窗口",
    "List the changes": "列出变更",
    "Show one change with preview and approvals": "显示一项变更及其预览与审批",
    "Agree to a change of somebody else": "批准他人的变更",
    "Say no to a change, or take back one's own": "拒绝变更，或收回自己的变更",
    "Undo a change": "撤销变更",
    "Let a change stay for longer before it returns": "让变更在自动恢复前多保持一段时间",
    "Note that a break-glass change was reviewed": "记录应急变更已复核",
    "List who did what": "列出谁做了什么",
    "Check that the audit is as it was written": "核验审计记录未被改动",
    "Export the audit to a file": "将审计记录导出到文件",
    "Make a token for a person": "为某人创建令牌",
    "List the tokens": "列出令牌",
    "Revoke a token": "吊销令牌",
}

_FLAGS: Final[dict[str, str]] = {
    "why; others will read it": "原因；他人会看到",
    "print what it would do, and do nothing": "只显示会做什么，不执行",
    "answer the question with yes": "对确认问题回答“是”",
    "with --yes where a code has to be typed: that of the preview": (
        "在需要输入确认码的环境中与 --yes 同用：预览给出的码"
    ),
    "return by itself after so long: 90s, 2h": "多久后自动恢复：90s、2h",
    "break the glass: 15 minutes, reviewed afterwards": "应急放行：有效 15 分钟，事后复核",
    "how many to print; {count} without": "输出多少条；默认 {count}",
    "go on from what --json said is next": "从 --json 给出的 next 继续",
    "only those in this state, e.g. applied": "只列出处于此状态的，如 applied",
    "only those by break-glass that nobody reviewed yet": "只列出尚未复核的应急变更",
    "whether it was right to do it": "当时这样做是否正确",
    "a change's id": "变更编号",
    "for how much longer: 30m, 1h": "再延长多久：30m、1h",
    "only what this person did": "只列出此人所做的",
    "only this action, e.g. queue.pause": "只列出此操作，如 queue.pause",
    "only what belongs to this change": "只列出属于此变更的",
    "only the last so long: 90s, 2h, 7d": "只列出最近一段时间的：90s、2h、7d",
    "a gateway's id": "支付通道编号",
    "its weight among the others, or: {word}": "在各通道中的权重，或：{word}",
    "even the last gateway that takes traffic": "即使是最后一个承接流量的通道",
    "screening, dispatch or confirming": "screening、dispatch 或 confirming",
    "a strategy's id": "策略编号",
    "how far it acts: {modes}": "作用程度：{modes}",
    "with --mode canary: on how many of 100": "与 --mode canary 同用：每 100 笔作用于几笔",
    "a value; may be repeated; NAME= takes away the one that is set": (
        "一个参数值；可重复；NAME= 去掉已设的值"
    ),
    "--param holds in this scenario only": "--param 只在此场景中有效",
    "other values at a time of the day, e.g. {example}; may be repeated; none ends them": (
        "一天中某时段的其他取值，如 {example}；可重复；none 表示全部取消"
    ),
    "take back a version by its number, or: approved": "按版本号恢复，或：approved",
    "over the traffic of the last so many hours": "用最近若干小时的流量",
    "over the traffic of one day, as 2026-11-11": "用某一天的流量，如 2026-11-11",
    "for example: promotion": "例如：promotion",
    "whose it is": "归谁使用",
    "what it may do: {roles}": "可做什么：{roles}",
    "good for so long; {span} without": "有效期；默认 {span}",
    "a token's id": "令牌编号",
    "a window's id": "窗口编号",
    "and never again, where it repeats": "若会重复，以后也不再发生",
    "what it covers: gateway=alipay,wechat, stage=dispatch, product=cash_loan; repeated: both": (
        "覆盖范围：gateway=alipay,wechat、stage=dispatch、product=cash_loan；重复给出则同时满足"
    ),
    'when it starts, as "2026-11-24 02:00"; without: now': '开始时间，如 "2026-11-24 02:00"；默认现在',
    "whose clock that is, as Asia/Shanghai; without: the profile's": (
        "该时间的时区，如 Asia/Shanghai；默认用配置档的时区"
    ),
    "how long: 90m, 2h": "持续多久：90m、2h",
    "{policies}; without: hold": "{policies}；默认 hold",
    "how it repeats (RFC 5545), as FREQ=WEEKLY;BYDAY=TU": "如何重复（RFC 5545），如 FREQ=WEEKLY;BYDAY=TU",
    "how long before its start nothing new is sent; without: 1m; 0s: not at all": (
        "开始前多久不再发送新的扣款；不写为 1m；0s 为不提前"
    ),
    "over how long traffic comes back after its end; without: 3m; 0s: at once": (
        "结束后用多长时间逐步恢复流量；不写为 3m；0s 为立即恢复"
    ),
    "what borrowers are told, with reject_with_notice": "reject_with_notice 时告知借款人的内容",
}

_WRONG: Final[dict[str, str]] = {
    "{text} is not a whole number from 0": "{text} 不是从 0 起的整数",
    "{text} is not a whole number": "{text} 不是整数",
    "{text} is not from 1 to 100": "{text} 不在 1 到 100 之间",
    "{text} is not NAME=VALUE": "{text} 不是 NAME=VALUE",
    "{text} is not a day; write 2026-11-24": "{text} 不是日期；请写 2026-11-24",
    "{text} is no time of the day with values; write {example}": "{text} 不是带取值的时段；请写 {example}",
    "say what to set: {flags}": "请说明要设置什么：{flags}",
    "--after {cursor} is not what a list said is next": "--after {cursor} 不是列表给出的 next",
    "write 1 to {count} printable characters": "请写 1 到 {count} 个可打印字符",
    "this key was used for something else; leave --key out for a new one": (
        "此幂等键已用于其他操作；省略 --key 以生成新的"
    ),
    "add: {flags}": "请加上：{flags}",
    "{given} is not the code of this preview, {code}: it moved since": (
        "{given} 不是此预览的确认码 {code}：情况已变化"
    ),
    "nothing was done": "什么都没有做",
    "the profile {name} is read-only; use another one: --profile NAME": (
        "配置档 {name} 是只读的；请换一个：--profile NAME"
    ),
    "it touches {count:,} repayments, the profile {name} allows {most:,} (guard.max_items):"
    " narrow the filter, or raise it in the profile": (
        "涉及 {count:,} 笔还款，配置档 {name} 最多允许 {most:,} 笔（guard.max_items）：请缩小筛选范围，或在配置档中调高"
    ),
    "whether it was done is not known; repeating it is safe with: --key {key}": (
        "是否已执行尚不确定；用 --key {key} 重复是安全的"
    ),
    "the key cannot be kept, write it down: {problem}": "幂等键无法保存，请记下：{problem}",
    "sent before with this key; the same is sent again": "此幂等键曾发送过；原样再次发送",
    "the service broke the preview off": "服务中断了预览",
    "try again, or choose a shorter period": "请重试，或选择较短的时段",
    "parameter": "参数",
    "scenario": "场景",
}

_PREVIEW: Final[dict[str, str]] = {
    "touches": "涉及",
    "{count:,} repayments, {sum}": "{count:,} 笔还款，{sum}",
    "no repayments": "没有还款",
    "effects": "效果",
    "warnings": "注意",
    "not to be undone": "无法撤销",
    "undo": "撤销",
    "this kind of change cannot be undone": "此类变更无法撤销",
    "approval": "审批",
    "none needed": "不需要",
    "by another person: {why}": "需要另一个人：{why}",
    "returns": "自动恢复",
    "by itself after {span}, at {moment}": "{span} 后自动恢复，即 {moment}",
    "by itself {span} after it is done": "执行 {span} 后自动恢复",
    "by itself; say when with --expires": "必须自动恢复；用 --expires 指定时间",
    "not by itself; --expires makes it": "不会自动恢复；可用 --expires 指定",
    "refused": "被拒绝",
    "what it would do has changed since the preview:": "预览之后，效果已发生变化：",
    "go on? [y/N]": "继续吗？[y/N]",
    "type {code} to go on:": "输入 {code} 以继续：",
    "another person has to agree within 30 minutes: repay change approve {id}": (
        "需要另一个人在 30 分钟内批准：repay change approve {id}"
    ),
    "undo it with: repay change revert {id}": "撤销它：repay change revert {id}",
}

_CHANGES: Final[dict[str, str]] = {
    "{count:,} wait for an approval: repay change list --state awaiting_approval": (
        "{count:,} 项变更等待审批：repay change list --state awaiting_approval"
    ),
    "strategy": "策略",
    "window": "窗口",
    "change": "变更",
    "subject": "对象",
    "until": "直到",
    "until {moment}": "直到 {moment}",
    "reason": "原因",
    "kind": "种类",
    "lapses": "失效",
    "applied": "已执行",
    "ended": "结束",
    "undoes": "撤销了",
    "undone by": "被撤销于",
    "incident": "事件编号",
    "approved": "批准",
    "reviewed by": "复核者",
    "still needed: made by break-glass": "仍需复核：应急放行所做",
    "digest": "摘要",
    "{count:,} shown, there are more: --limit N": "显示 {count:,} 条，还有更多：--limit N",
}

_AUDIT: Final[dict[str, str]] = {
    "number": "序号",
    "signed in by": "登录方式",
    "action": "操作",
    "outcome": "结果",
    "the audit is in {file}: {count:,} bytes": "审计记录已写入 {file}：{count:,} 字节",
    "sound: {rows:,} rows, compared with {anchors:,} anchors; head {head}": (
        "完好：{rows:,} 条，已与 {anchors:,} 个锚点比对；链头 {head}"
    ),
    "NOT SOUND: row {row} is the first that does not hold: {problem}": (
        "不完好：第 {row} 条是第一处不符：{problem}"
    ),
}

_TOKENS: Final[dict[str, str]] = {
    "Make a token": "创建令牌",
    "{who} may sign in as {role} for {span}": "{who} 可以 {role} 身份登录，有效期 {span}",
    "whoever signs in with token {id} cannot any more": "用令牌 {id} 登录的人不能再登录",
    "token {id} of {who}, {role}": "令牌 {id}，{who}，{role}",
    "its secret was shown when it was made, and nobody knows it now; make another one": (
        "密文只在创建时显示过，现在无人知道；请另建一个"
    ),
    "the secret is shown this once; keep it where others cannot read it": (
        "密文只显示这一次；请保存在他人读不到的地方"
    ),
    "role": "角色",
    "created by": "创建者",
    "good until": "有效至",
    "revoked": "吊销",
    "last used": "最近使用",
}

_STRATEGIES: Final[dict[str, str]] = {
    "scenario in force: {scenario}": "当前场景：{scenario}",
    "mode": "模式",
    "seen/h": "筛查/时",
    "hits/h": "命中/时",
    "intercepted": "拦截",
    "clean payers hit": "误伤优质用户",
    "explanation": "说明",
    "the borrower is told": "告知借款人",
    "expression": "表达式",
    "{action} for {minutes} minutes": "{action} {minutes} 分钟",
    "version": "版本",
    "{version}; it returns to {approved}": "{version}；将恢复为 {approved}",
    "in {scenario}": "场景 {scenario}",
    "last hour": "最近一小时",
    "{seen:,} seen, {hits:,} hit, {acted:,} intercepted ({money}),"
    " {clean:,} of {clean_seen:,} clean payers hit, {verified:,} verified, {unverified:,} not": (
        "筛查 {seen:,}，命中 {hits:,}，拦截 {acted:,}（{money}），"
        "优质用户 {clean_seen:,} 中命中 {clean:,}，验证通过 {verified:,}，未通过 {unverified:,}"
    ),
    "at present": "当前",
    "from": "最小",
    "to": "最大",
    "yes": "是",
    "for a time": "暂时",
    "differences": "差异",
    "of {count:,} repayments screened then:": "当时筛查的 {count:,} 笔还款中：",
    "newly intercepted": "新被拦截",
    "newly passed": "新放行",
    "of clean payers": "其中优质用户",
    "by product": "按产品",
    "for example": "例如",
    "{done:,} of {total:,} decisions": "{done:,} / {total:,} 条决策",
}

_WINDOWS: Final[dict[str, str]] = {
    "only those in these states, e.g. scheduled,active": "只列出处于这些状态的，如 scheduled,active",
    "scope": "范围",
    "policy": "处理方式",
    "starts": "开始",
    "ends": "结束",
    "repeats": "重复",
    "waiting": "等待中",
    "notice": "告知内容",
    "start": "开始时间",
    "lasts": "持续",
    "drain": "排空",
    "ramp": "恢复爬坡",
    "declared": "申报",
    "called off": "取消",
    "window {id}: repay window show {id}": "窗口 {id}：repay window show {id}",
    "next": "下次",
    "last": "上次",
    "{times}  {state}, {minutes:.0f} min declared": "{times}  {state}，已申报 {minutes:.0f} 分钟",
    "lets through": "放行比例",
    "forecast": "预测",
    "{backlog:,} will wait at its end, {arriving:.0f}/min arrive, {sending:.0f}/min can be sent": (
        "结束时将有 {backlog:,} 笔等待，每分钟到达 {arriving:.0f} 笔，可发送 {sending:.0f} 笔"
    ),
    "it does not drain": "积压不会消化",
    "drained after {minutes:.0f} min": "{minutes:.0f} 分钟后消化完",
}

MESSAGES: Final[dict[str, str]] = {
    **_VERBS,
    **_FLAGS,
    **_WRONG,
    **_PREVIEW,
    **_CHANGES,
    **_AUDIT,
    **_TOKENS,
    **_STRATEGIES,
    **_WINDOWS,
}
