"""The image, the compose files and the units keep what they promise: no root, no secret inside, a stop in time, the bot's own
exit codes. The programs that know more (hadolint, systemd-analyze, compose's schema) are asked where they are installed.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSED = ("compose.yaml", "compose.cluster.yaml")
UNITS = ("sora-bot.service", "sora-bot-backup.service", "sora-bot-backup.timer")
STOP_SECONDS = 10  # what a stop of the bot may take


def services(name: str) -> dict[str, dict[str, Any]]:
    return yaml.safe_load((DEPLOY / name).read_text())["services"]


def ours(name: str) -> dict[str, dict[str, Any]]:
    return {service: made for service, made in services(name).items() if "build" in made}


def unit(name: str) -> dict[str, list[str]]:
    """Return every setting of a unit file with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / name).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_the_image_copies_only_what_is_there_and_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    for source in sources:
        for name in ("app", "cluster"):
            path = source.replace("${REQUIREMENTS}", name)
            assert (ROOT / path).exists(), path
            assert path.split("/")[0] in allowed, path
    packages = re.search(r"^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert packages
    assert set(json.loads(f"[{packages[1]}]")) <= set(sources)


@pytest.mark.parametrize("name", ["app", "cluster"])
def test_what_the_image_installs_is_pinned_by_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    assert all("==" in line and "--hash=sha256:" in line for line in lines)
    assert "--require-hashes" in DOCKERFILE


def test_the_image_runs_as_nobody_in_particular_and_holds_no_secret() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["sora-bot"]' in last
    assert not re.search(r"TOKEN|API_KEY|SECRET|PASSWORD", DOCKERFILE)
    assert "!.env" not in (ROOT / ".dockerignore").read_text()


def test_the_health_check_of_the_image_is_python_and_asks_readyz() -> None:
    [command] = re.findall(r"^HEALTHCHECK.*\\\n\s+CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    python, flag, code = json.loads(command)
    assert (python, flag) == ("python", "-c")
    compile(code, "health check", "exec")
    assert "/readyz" in code


@pytest.mark.parametrize("name", COMPOSED)
def test_containers_of_the_bot_are_confined_and_are_given_time_to_stop(name: str) -> None:
    for service, made in ours(name).items():
        assert made["read_only"] is True, service
        assert made["cap_drop"] == ["ALL"], service
        assert made["security_opt"] == ["no-new-privileges:true"], service
        assert made["init"] is True, service
        assert int(made["stop_grace_period"].removesuffix("s")) > STOP_SECONDS, service
        assert made["mem_limit"], service
        assert "ports" not in made, f"{service} publishes a port"
        assert made["env_file"] == "../.env", service


@pytest.mark.parametrize("name", COMPOSED)
def test_compose_files_name_only_what_they_define_and_carry_no_password(name: str) -> None:
    text = (DEPLOY / name).read_text()
    whole = yaml.safe_load(text)
    volumes = set(whole.get("volumes", {}))
    for service, made in whole["services"].items():
        assert ("image" in made) or ("build" in made), service
        for volume in made.get("volumes", []):
            source = str(volume).partition(":")[0]
            assert source.startswith(("/", ".")) or source in volumes, f"{service}: {source}"
        assert set(made.get("depends_on", {})) <= set(whole["services"]), service
        for key, value in dict(made.get("environment", {})).items():
            if "PASSWORD" in key or "SECRET" in key:
                assert str(value).startswith("${"), f"{service}: {key}"
    assert not re.search(r"image: \S+:latest|image: [^:\s]+$", text, re.MULTILINE)


def test_one_bot_has_one_replica_and_the_cluster_covers_every_shard_once() -> None:
    [bot] = ours("compose.yaml").values()
    assert "deploy" not in bot
    ranges = [made["command"][2] for made in ours("compose.cluster.yaml").values() if made["command"][0] == "gateway"]
    shards = [(int(first), int(last), int(of)) for first, last, of in (re.split("[-/]", text) for text in ranges)]
    [of] = {of for _, _, of in shards}
    assert sorted(shard for first, last, _ in shards for shard in range(first, last + 1)) == list(range(of))
    workers = [made for made in ours("compose.cluster.yaml").values() if made["command"] == ["worker"]]
    assert sum(made.get("deploy", {}).get("replicas", 1) for made in workers) == 2


def test_roles_of_the_cluster_start_once_the_schema_is_up_to_date() -> None:
    made = ours("compose.cluster.yaml")
    assert made["upgrade"]["command"] == ["db", "upgrade"]
    for service, how in made.items():
        if service != "upgrade":
            assert how["depends_on"]["upgrade"]["condition"] == "service_completed_successfully", service
    for service in ("postgres", "seaweedfs"):
        assert services("compose.cluster.yaml")[service]["healthcheck"]["test"]


def test_the_unit_knows_the_exit_codes_after_which_no_start_helps() -> None:
    found = unit("sora-bot.service")
    assert found["RestartPreventExitStatus"] == ["2 78"]
    assert found["Restart"] == ["on-failure"]
    assert int(found["TimeoutStopSec"][0]) > STOP_SECONDS
    assert found["UMask"] == ["0077"]
    assert found["User"] == ["sora-bot"]


def test_an_old_backup_goes_only_after_a_new_one_is_good() -> None:
    starts = unit("sora-bot-backup.service")["ExecStart"]
    assert "db backup" in starts[0]
    assert "-delete" in starts[-1]


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(name: str, tmp_path: Path) -> None:
    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    for each in UNITS:  # the bot is not installed in /opt where this runs
        text = (DEPLOY / each).read_text().replace("/opt/sora-bot/.venv/bin/sora-bot", "/bin/true")
        (tmp_path / each).write_text(text)
    ran = subprocess.run([analyze, "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True)
    about = [line for line in ran.stderr.splitlines() if "sora-bot" in line]
    assert not about, about


def test_hadolint_has_nothing_to_say() -> None:
    if not (hadolint := shutil.which("hadolint")):
        pytest.skip("hadolint is not installed")
    ran = subprocess.run([hadolint, str(DEPLOY / "Dockerfile")], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", COMPOSED)
def test_compose_files_fit_the_schema_of_compose(name: str) -> None:
    if not (check := shutil.which("check-jsonschema")):
        pytest.skip("check-jsonschema is not installed")
    ran = subprocess.run(
        [check, "--builtin-schema", "vendor.compose-spec", str(DEPLOY / name)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout
