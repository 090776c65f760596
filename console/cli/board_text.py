"""The board as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.cli.figures import (
    MODE_TONES,
    age,
    moment,
    number,
    percent,
    seconds_since,
    span_seconds,
    stage_cell,
    state_cell,
    zone_of,
)
from console.cli.output import Cell, Column, Tone
from console.contract.language import t
from console.contract.money import yuan
from console.contract.part_words import part_name
from console.contract.text import shown
from console.contract.warning_words import cause_word, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.output import Output
    from console.contract.board import Board, GatewayLine, StageLine
    from console.profiles.profile import Profile

LIGHTS: Final = {"green": Tone.GOOD, "amber": Tone.WARN, "red": Tone.BAD, "unknown": Tone.DIM}
"""How a gateway's light against its SLA is drawn."""


def print_board(output: Output, board: Board, profile: Profile) -> None:
    """Print everything the board holds, with its age."""
    banner = output.tinted(board.environment.value.upper(), Tone.STRONG)
    mode = output.tinted(board.mode.value, MODE_TONES[board.mode])
    zone = zone_of(profile.view.timezone)
    as_of = t(
        "as of {moment} ({age} ago)",
        moment=moment(board.as_of, zone),
        age=age(seconds_since(board.as_of)),
    )
    output.line(f"{banner}  {mode}  {shown(profile.name)}  {as_of}")
    output.line()
    print_stages(output, board.stages)
    output.line()
    print_gateways(output, board.gateways)
    _print_changes(output, board, profile)
    if board.warnings:
        output.line()
        columns = [Column(t("warning")), Column(t("cause")), Column(t("harm in"), right=True)]
        rows = [
            (
                told(line.said, line.title, zone),
                cause_word(line.cause),
                age(None if line.harm_in_minutes is None else line.harm_in_minutes * 60),
            )
            for line in board.warnings
        ]
        output.table(columns, rows)
    if board.parts:
        output.line()
        columns = [Column(t("part")), Column(t("state")), Column(t("detail"))]
        output.table(
            columns,
            [
                (
                    part_name(part.name),
                    state_cell(part.state),
                    shown(part.detail) if part.said is None else part.said.told(zone),
                )
                for part in board.parts
            ],
        )


def _print_changes(output: Output, board: Board, profile: Profile) -> None:
    """Print what engineers have changed for a time, and what waits for a second person."""
    zone = zone_of(profile.view.timezone)
    returning = [
        (shown(line.id), shown(line.mode), moment(line.expires_at, zone))
        for line in board.strategies
        if line.expires_at is not None
    ]
    if returning:
        output.line()
        output.table([Column(t("strategy")), Column(t("mode")), Column(t("returns"))], returning)
    if board.windows:
        output.line()
        names = (t("window"), t("state"), t("scope"), t("policy"), t("starts"), t("ends"))
        rows = [
            (
                shown(line.id),
                shown(line.state),
                shown(line.scope),
                shown(line.policy),
                moment(line.starts_at, zone),
                moment(line.ends_at, zone),
            )
            for line in board.windows
        ]
        output.table([Column(name) for name in names], rows)
    if board.approvals:
        output.line()
        output.line(
            t(
                "{count:,} wait for an approval: repay change list --state awaiting_approval",
                count=board.approvals,
            )
        )


def print_stages(output: Output, stages: Sequence[StageLine]) -> None:
    """Print the queues."""
    columns = [
        Column(t("stage")),
        Column(t("depth"), right=True),
        Column(t("money"), right=True),
        Column(t("oldest"), right=True),
        Column(t("in/min"), right=True),
        Column(t("out/min"), right=True),
        Column(""),
    ]
    rows = [
        (
            stage_cell(line.stage),
            number(line.depth),
            yuan(line.sum_fen),
            age(line.oldest_seconds) if line.depth else "-",
            number(line.in_per_minute),
            number(line.out_per_minute),
            Cell(t("paused"), Tone.WARN) if line.paused else "",
        )
        for line in stages
    ]
    output.table(columns, rows)


def print_gateways(output: Output, gateways: Sequence[GatewayLine]) -> None:
    """Print the gateways."""
    columns = [
        Column(t("gateway")),
        Column(t("state")),
        Column(t("SLA")),
        Column(t("weight"), right=True),
        Column(t("in flight"), right=True),
        Column(t("success"), right=True),
        Column(t("in doubt"), right=True),
        Column("p95", right=True),
    ]
    rows = [
        (
            shown(line.id),
            state_cell(line.state),
            Cell(line.light, LIGHTS[line.light]),
            number(line.weight),
            number(line.in_flight),
            percent(line.success_rate),
            percent(line.unknown_ratio),
            span_seconds(line.confirm_p95_seconds),
        )
        for line in gateways
    ]
    output.table(columns, rows)
