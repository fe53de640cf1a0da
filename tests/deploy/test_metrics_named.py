"""Every metric that the alert rules and the dashboard name is one that the bot serves, with the labels they ask for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from bot.domain.queue.claims import Work
from bot.domain.quota.limits import Limit, Per, Scope, Unit
from bot.monitoring.metrics.recorder import Metrics
from bot.monitoring.stalls import Stalls

DEPLOY = Path(__file__).parents[2] / "deploy"
BUDGET = Limit(amount=50_000_000, unit=Unit.USD, per=Per.DAY, scope=Scope.OPERATOR)
_ASKED = re.compile(r"\b((?:sora_bot|process)_[a-z_]+)(?:\{([^}]*)\})?")
_LABEL = re.compile(r'([a-z_]+)\s*(?:=|!=|=~|!~)\s*"([^"]*)"')
OF_PROMETHEUS = {"job", "instance", "le"}
ALERTS = [rule for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    """Yield a name and a query for each rule, panel and variable."""
    for rule in ALERTS:
        yield rule["alert"], rule["expr"]
    board: dict[str, Any] = json.loads((DEPLOY / "dashboard.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]
    for note in board["annotations"]["list"]:
        yield note["name"], note["expr"]


def served(registry: CollectorRegistry) -> dict[str, set[str]]:
    """Return every metric by the name that a query uses, with its own labels."""
    names: dict[str, set[str]] = {}
    for collector in registry._collector_to_names:
        labels: set[str] = set(getattr(collector, "_labelnames", ()))
        for name in registry._collector_to_names[collector]:
            names[name] = labels
    # The names that the process collector has on Linux; elsewhere it serves none.
    names |= {f"process_{name}": set[str]() for name in ("start_time_seconds", "resident_memory_bytes", "open_fds")}
    return names | {"process_cpu_seconds_total": set[str]()}


def test_what_a_query_names_is_served() -> None:
    names = served(Metrics((BUDGET,), stalls=Stalls()).registry)
    for where, query in queries():
        found = list(_ASKED.finditer(query))
        assert found or query.startswith("up{"), where
        for metric in found:
            assert metric[1] in names, f"{where}: nothing serves {metric[1]}"
            for label, _ in _LABEL.findall(metric[2] or ""):
                assert label in names[metric[1]] | OF_PROMETHEUS, f"{where}: {metric[1]} has no label {label}"


def test_kinds_of_work_that_a_query_names_exist() -> None:
    asked = {
        word for _, query in queries() for words in re.findall(r'work=~?"([^"]*)"', query) for word in words.split("|")
    }
    assert asked
    assert asked <= set(Work)


def test_every_alert_leads_to_a_heading_of_the_runbook() -> None:
    text = (DEPLOY.parent / "docs" / "operating.md").read_text()
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for rule in ALERTS:
        assert rule["annotations"]["runbook"].partition("#")[2] in anchors, rule["alert"]
