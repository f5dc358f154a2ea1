"""What deploy/ says agrees with the program and with itself; `make test-system` runs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import from_environment

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
FILES = ("embedded", "scaled")
NOT_OURS = {"postgres", "valkey", "nginx"}


def services(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / f"{name}.yaml").read_text())["services"]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_setting_is_one_and_can_be_used(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("postgresql://museum:a-long-password@postgres/museum")
    for service, said in services(name).items():
        given = {key: str(value) for key, value in said.get("environment", {}).items()}
        given = {key: re.sub(r"\$\{CHRONOTOPE_PUBLIC_URL:[^}]*\}", "https://m.example", v) for key, v in given.items()}
        given = {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in given.items()}
        given = {key: re.sub(r"/run/secrets/\w+", str(tmp_path / "secret"), value) for key, value in given.items()}
        settings = from_environment(given)
        if "DATABASE_URL" in str(given):
            assert settings.is_postgres, service
            assert settings.is_s3, service


@pytest.mark.parametrize("name", FILES)
def test_no_container_can_write_to_its_root_or_gain_rights_and_all_say_how_they_are(name: str) -> None:
    for service, said in services(name).items():
        assert said["read_only"] is True, service
        assert "no-new-privileges:true" in said["security_opt"], service
        assert said["healthcheck"]["test"][0] == "CMD", service
        if service not in NOT_OURS:
            assert (said["user"], said["cap_drop"]) == ("10001:10001", ["ALL"]), service


@pytest.mark.parametrize("name", FILES)
def test_images_have_versions(name: str) -> None:
    images = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", said["image"]) for said in services(name).values()]
    stages = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in images + stages:
        assert re.search(r":v?\d+\.\d+\.?\d*", image), image


def test_secrets_are_files_that_the_script_makes_or_asks_for() -> None:
    said = yaml.safe_load((DEPLOY / "scaled.yaml").read_text())
    used = {secret for service in said["services"].values() for secret in service.get("secrets", ())}
    assert used == set(said["secrets"])
    script = (DEPLOY / "secrets.sh").read_text()
    for secret in said["secrets"].values():
        assert Path(secret["file"]).name in script
    for service in ("dask-scheduler", "dask-worker"):
        assert "secrets" not in said["services"][service], "the cluster is part of the cage of foreign files"
        assert said["services"][service]["networks"] == ["cluster"]
    assert {name for name, network in said["networks"].items() if not network.get("internal")} == {"outside"}


def test_both_configurations_of_nginx_say_the_same_of_what_goes_through() -> None:
    def essence(name: str) -> list[str]:
        text = (DEPLOY / name).read_text()
        lines = [line for line in text[text.index("map ") :].splitlines() if not line.strip().startswith("#")]
        own = ("listen ", "server_name ", "ssl_certificate")
        return [line for line in lines if not line.strip().startswith(own)]

    assert essence("nginx.conf") == essence("nginx-scaled.conf")


def test_the_image_holds_every_package_of_the_project() -> None:
    text = (ROOT / "Dockerfile").read_text()
    packages = re.search(r"only-include = \[(.*)\]", (ROOT / "pyproject.toml").read_text())
    assert packages is not None
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"COPY {package} {package}" in text, package
    for requirements in ("runtime", "cluster"):
        assert (ROOT / f"requirements/{requirements}.txt").exists()
