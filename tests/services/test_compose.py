"""docker-compose.yml against the compose specification, whose schema `check-jsonschema` carries."""

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent


def check(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 (a fixed program)
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", path],
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_file_follows_the_specification() -> None:
    result = check(ROOT / "docker-compose.yml")
    assert result.returncode == 0, result.stdout


def test_the_check_can_fail(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text("services: {web: {imagine: assurance}}\n")
    assert check(broken).returncode == 1


def test_every_part_of_the_system_is_there_and_only_migrations_own_the_database() -> None:
    system = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    parts = system["services"]
    assert set(parts) == {
        "web", "worker", "gateway-worker", "beat", "migrate", "bucket", "gateway",
        "postgres", "valkey", "seaweedfs", "clamav",
    }  # fmt: skip
    assert parts["gateway"]["profiles"] == ["sandbox"]
    owners = {
        name
        for name, part in parts.items()
        if "assurance_owner" in str(part.get("environment", {}).get("MIGRATION_DATABASE_URL"))
    }
    assert owners == {"migrate"}
    known = set(parts)
    for part in parts.values():
        assert set(part.get("depends_on", {})) <= known
    volumes = {volume.split(":")[0] for part in parts.values() for volume in part.get("volumes", [])}
    assert volumes == set(system["volumes"])
