"""The alert rules, evaluated by Prometheus's own promtool: each trouble of the runbook fires its own alert, once and in time,
and ends it; what happens in any month fires none.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

RULES = Path(__file__).parents[2] / "deploy" / "alerts.yaml"
BEGINS = 60  # the minute in which each incident begins
FIRING = 'ALERTS{alertstate="firing"}'
OURS = 'job="sora-bot",instance="a"'
DAY, MONTH = 1440, 30  # minutes, days


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A trouble. not_at, by: minutes after it begins, when its alert must not fire yet, and when it must.

    over: when it must have ended.
    """

    alert: str
    series: Mapping[str, str]
    not_at: int
    by: int
    over: int


def named(name: str, labels: str = "") -> str:
    return f"{name}{{{OURS}{',' if labels else ''}{labels}}}"


def step(well: object, bad: object, lasts: int) -> str:
    """A gauge that is bad for so many minutes."""
    return f"{well}x{BEGINS - 1} {bad}x{lasts - 1} {well}x150"


def growing(by: int, lasts: int) -> str:
    """A counter that grows by so much in each of so many minutes."""
    return f"0x{BEGINS - 1} {by}+{by}x{lasts - 1} {by * lasts}x150"


def gauge(
    alert: str, name: str, labels: str = "", *, well: object, bad: object, after: int, beside: Mapping[str, str] = {}
) -> Incident:
    """An incident of one gauge, whose alert fires once it has been bad for `after` minutes."""
    series = {named(name, labels): step(well, bad, after + 30)} | dict(beside)
    return Incident(alert=alert, series=series, not_at=after - 1, by=after + 1, over=after + 32)


def refused(alert: str, result: str) -> Incident:
    series = {named("sora_bot_uniall_calls_total", f'call="status",result="{result}"'): growing(1, 20)}
    return Incident(alert=alert, series=series, not_at=-1, by=1, over=32)


ALIVE = {named("sora_bot_database_up"): "1x240"}
ENDED, DISK = "sora_bot_jobs_ended_total", 'of="media"'
INCIDENTS = [
    gauge("SoraBotDown", "up", well=1, bad=0, after=2),
    gauge("SoraBotNotReady", "sora_bot_ready", well=1, bad=0, after=5),
    Incident(
        alert="SoraBotRestarts",
        series={named("process_start_time_seconds"): f"9x{BEGINS - 1} 10x4 11x4 12x4 13x150"},
        not_at=14,
        by=16,
        over=50,
    ),
    gauge("SoraBotRoleMissing", "sora_bot_processes", 'role="gateway"', well=1, bad=0, after=5, beside=ALIVE),
    Incident(  # no leader, who counts the processes
        alert="SoraBotRoleMissing",
        series={named("sora_bot_processes", 'role="run"'): step(1, "_", 40), **ALIVE},
        not_at=4,
        by=11,
        over=42,
    ),
    *(
        gauge("SoraBotTrouble", "sora_bot_trouble", f'cause="{cause}"', well=0, bad=1, after=5)
        for cause in ("stuck", "places", "restarts")
    ),
    gauge("SoraBotLoopDown", "sora_bot_loop_up", 'loop="poll"', well=1, bad=0, after=2),
    gauge("SoraBotDatabaseDown", "sora_bot_database_up", well=1, bad=0, after=2),
    gauge("SoraBotUniAllUnreachable", "sora_bot_uniall_unreachable_since_seconds", well=0, bad=BEGINS * 60, after=6),
    refused("SoraBotKeyRefused", "auth"),
    refused("SoraBotNoFunds", "insufficient_funds"),
    Incident(
        alert="SoraBotVideosLate",
        series={named("sora_bot_oldest_due_seconds", 'work="deliver"'): f"0x{BEGINS - 1} 0+60x39 0x150"},
        not_at=7,
        by=9,
        over=42,
    ),
    Incident(
        alert="SoraBotSubmitUnclear",
        series={named("sora_bot_submits_total", 'outcome="unclear"'): growing(1, 1)},
        not_at=-1,
        by=1,
        over=62,
    ),
    gauge("SoraBotQueueWaits", "sora_bot_oldest_due_seconds", 'work="submit"', well=0, bad=4000, after=10),
    gauge("SoraBotJobsOverdue", "sora_bot_jobs_overdue", well=0, bad=2, after=60),
    Incident(
        alert="SoraBotManyFailures",
        series={
            named(ENDED, 'state="succeeded",fault=""'): "0+1x240",
            named(ENDED, 'state="failed",fault="upstream_failed"'): growing(1, 40),
        },
        not_at=20,
        by=32,
        over=110,
    ),
    gauge(
        "SoraBotBudgetNearlyUsed",
        *("sora_bot_operator_used", 'unit="usd",per="day"'),
        well=40,
        bad=47,
        after=0,
        beside={named("sora_bot_operator_budget", 'unit="usd",per="day"'): "50x240"},
    ),
    Incident(
        alert="SoraBotDiscordRefuses",
        series={named("sora_bot_discord_calls_total", 'route="/x",status="403"'): growing(200, 20)},
        not_at=3,
        by=8,
        over=32,
    ),
    gauge("SoraBotStalls", "sora_bot_loop_longest_stall_seconds", well=0.02, bad=2, after=10),
    gauge("SoraBotMemory", "process_resident_memory_bytes", well=80e6, bad=900e6, after=30),
    gauge(
        *("SoraBotDiskNearlyFull", "sora_bot_disk_free_bytes", DISK),
        well=60,
        bad=5,
        after=10,
        beside={named("sora_bot_disk_size_bytes", DISK): "100x240"},
    ),
    gauge(
        *("SoraBotMediaNearlyFull", "sora_bot_media_needed_bytes"),
        well=10,
        bad=95,
        after=10,
        beside={named("sora_bot_media_budget_bytes"): "100x240"},
    ),
    gauge("SoraBotNoBackup", "sora_bot_trouble", 'cause="backup"', well=0, bad=1, after=5),
    gauge("SoraBotJobsHeld", "sora_bot_jobs_held", 'hold="unreachable"', well=0, bad=4, after=60),
    gauge("SoraBotDatabaseLog", "sora_bot_database_log_bytes", well=64e6, bad=200e6, after=15),
]


def days(one: str) -> str:
    """A month of the same day."""
    return " ".join([one] * MONTH)


# Each day: a restart at noon (a scrape lost, counters and gauges from zero), a busy evening, UniAll away for four minutes.
QUIET = {
    "up": days("1x719 0x0 1x718"),
    "sora_bot_ready": days("1x719 _ 0x2 1x715"),
    "process_start_time_seconds": " ".join(f"{day * 86400}x719 {day * 86400 + 43200}x719" for day in range(MONTH)),
    'sora_bot_loop_up{loop="poll"}': days("1x719 _ 1x718"),
    "sora_bot_database_up": days("1x719 _ 1x718"),
    "sora_bot_uniall_unreachable_since_seconds": " ".join(
        f"0x1199 {day * 86400 + 72000}x3 0x235" for day in range(MONTH)
    ),
    'sora_bot_uniall_calls_total{call="status",result="ok"}': days("0+12x719 0+12x719"),
    'sora_bot_uniall_calls_total{call="status",result="auth"}': days("0x1439"),
    'sora_bot_submits_total{outcome="unclear"}': days("0x1439"),
    'sora_bot_oldest_due_seconds{work="deliver"}': days("1x1199 250x9 1x229"),
    'sora_bot_oldest_due_seconds{work="submit"}': days("0x1199 0+60x50 0x188"),
    "sora_bot_jobs_overdue": days("0x1199 1x39 0x199"),
    'sora_bot_jobs_ended_total{state="succeeded",fault=""}': days("0+1x719 0+1x719"),
    'sora_bot_jobs_ended_total{state="failed",fault="upstream_failed"}': days("0x600 4x118 0x600 4x118"),
    'sora_bot_jobs_ended_total{state="failed",fault="content_blocked"}': days("0+1x719 0+1x719"),
    'sora_bot_operator_used{unit="usd",per="day"}': days("0+0.03x1439"),
    'sora_bot_operator_budget{unit="usd",per="day"}': days("50x1439"),
    'sora_bot_discord_calls_total{route="/x",status="403"}': days("0+2x719 0+2x719"),
    "sora_bot_loop_longest_stall_seconds": days("0.02x1199 1.5x5 0.02x233"),
    "process_resident_memory_bytes": days("74000000+60000x719 74000000+60000x719"),
    'sora_bot_disk_free_bytes{of="media"}': f"60-0.001x{DAY * MONTH}",
    'sora_bot_disk_size_bytes{of="media"}': f"100x{DAY * MONTH}",
    "sora_bot_media_needed_bytes": days("10x1199 60x100 10x138"),
    "sora_bot_media_budget_bytes": f"100x{DAY * MONTH}",
    # Never backed up: nothing is said in the first week, and the bot itself tells of it then.
    "sora_bot_last_backup_timestamp_seconds": f"0x{DAY * MONTH}",
    'sora_bot_trouble{cause="backup"}': f"0x{DAY * MONTH}",
    'sora_bot_trouble{cause="restarts"}': f"0x{DAY * MONTH}",
    'sora_bot_jobs_held{hold="unreachable"}': days("0x1199 4x20 0x218"),
    "sora_bot_database_log_bytes": days("32000000x1199 120000000x9 64000000x229"),
    'sora_bot_processes{role="run"}': days("1x719 _ 1x718"),
    'sora_bot_processes{role="gateway"}': days("0x1439"),
}


def group(name: str, series: Mapping[str, str], checks: Sequence[tuple[str, str, dict[str, int]]]) -> dict[str, Any]:
    """A test as promtool reads it. checks: a query, when, and the value of each alert; empty for none."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": query,
                "eval_time": at,
                "exp_samples": [
                    {"labels": f'{{alertname="{alert}"}}', "value": value} for alert, value in found.items()
                ],
            }
            for query, at, found in checks
        ],
    }


def ours(name: str) -> str:
    """A series of one process, from a name with or without labels."""
    bare, _, labels = name.rstrip("}").partition("{")
    return named(bare, labels)


def promtool(folder: Path, groups: Sequence[dict[str, Any]], every: str) -> None:
    if not (found := shutil.which("promtool")):
        pytest.skip("promtool is not installed (Debian: the package prometheus has it)")
    file = folder / "alerts_test.yaml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": every, "tests": list(groups)}))
    ran = subprocess.run([found, "test", "rules", str(file)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_rule_has_an_incident() -> None:
    rules = [rule for one in yaml.safe_load(RULES.read_text())["groups"] for rule in one["rules"]]
    assert {incident.alert for incident in INCIDENTS} == {rule["alert"] for rule in rules}


def test_each_incident_fires_its_own_alert_once_and_in_time_and_ends_it(tmp_path: Path) -> None:
    query = f"count by (alertname) ({FIRING})"
    groups = [
        group(
            f"{incident.alert} {number}",
            incident.series,
            [
                (query, f"{BEGINS + incident.not_at}m", {}),
                (query, f"{BEGINS + incident.by}m", {incident.alert: 1}),
                (query, f"{BEGINS + incident.over}m", {}),
            ],
        )
        for number, incident in enumerate(INCIDENTS)
    ]
    promtool(tmp_path, groups, "1m")


@pytest.mark.long
def test_a_quiet_month_with_restarts_lost_scrapes_and_busy_evenings_fires_none(tmp_path: Path) -> None:
    series = {ours(name): values for name, values in QUIET.items()}
    promtool(tmp_path, [group("month", series, [(f"count_over_time({FIRING}[30d])", f"{MONTH}d", {})])], "5m")


@pytest.mark.long
def test_a_quiet_day_minute_by_minute_fires_none(tmp_path: Path) -> None:
    series = {ours(name): values for name, values in QUIET.items()}
    promtool(tmp_path, [group("day", series, [(f"count_over_time({FIRING}[1d])", "1d", {})])], "1m")


@pytest.mark.long
def test_a_last_backup_of_a_week_ago_is_told_once_also_where_the_bot_has_not_said_so(tmp_path: Path) -> None:
    series = {
        named("sora_bot_last_backup_timestamp_seconds"): f"3600x{9 * DAY}",
        named("sora_bot_trouble", 'cause="backup"'): f"0x{8 * DAY - 1} 1x{DAY}",
    }
    query = f"count by (alertname) ({FIRING})"
    told = {"SoraBotNoBackup": 1}
    promtool(tmp_path, [group("age", series, [(query, "7d", {}), (query, "7d90m", told), (query, "8d1h", told)])], "5m")
