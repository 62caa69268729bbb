"""The documented files of a server: they parse, close what can be closed, and say what the guide says."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
GUIDE = (ROOT / "docs/howto/deploy.md").read_text(encoding="utf-8")


def unit():
    read = configparser.RawConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read(DEPLOY / "seawall.service", encoding="utf-8")
    return read


def test_the_unit_runs_as_a_user_of_its_own_and_closes_what_it_can():
    service = unit()["Service"]
    assert service["User"] == "seawall"
    for name, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "UMask": "0077",
    }.items():
        assert service[name] == value
    assert "serve" in service["ExecStart"]
    assert "--host" not in service["ExecStart"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(tmp_path):
    text = (DEPLOY / "seawall.service").read_text().replace("/usr/local/lib/seawall/bin/seawall", "/bin/true")
    (tmp_path / "seawall.service").write_text(
        text.replace("User=seawall", "User=nobody").replace("Group=seawall", "Group=nogroup")
    )
    told = subprocess.run(["systemd-analyze", "verify", tmp_path / "seawall.service"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def test_the_proxies_speak_tls_hide_the_figures_and_set_the_headers_themselves():
    nginx, caddy = ((DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    assert "listen 443 ssl" in nginx
    assert "ssl_certificate_key" in nginx
    assert re.search(r"X-Forwarded-For\s+\$remote_addr", nginx)
    assert re.search(r"X-Forwarded-Proto\s+\$scheme", nginx)
    assert re.search(r"location = /metrics \{ return 404; \}", nginx)
    assert nginx.count("{") == nginx.count("}")
    assert "respond /metrics 404" in caddy
    assert "X-Forwarded-For {remote_host}" in caddy
    assert "127.0.0.1:8000" in nginx
    assert "127.0.0.1:8000" in caddy


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed: apt-get install nginx-light")
def test_nginx_takes_its_file(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"/etc/letsencrypt/\S+fullchain.pem", str(cert), text)
    text = re.sub(r"/etc/letsencrypt/\S+privkey.pem", str(key), text)
    text = (
        text.replace("listen 80;", "listen 18080;").replace("listen [::]:80;", "").replace("listen 443", "listen 18443")
    )
    text = text.replace("listen [::]:443 ssl;", "")
    whole = f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error;\nevents {{}}\nhttp {{\naccess_log off;\n{text}\n}}\n"
    (tmp_path / "nginx.conf").write_text(whole)
    told = subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def test_the_image_is_built_from_the_wheel_by_hash_and_runs_as_nobody_special():
    text = (DEPLOY / "Containerfile").read_text()
    assert "--require-hashes" in text
    assert "dist/*.whl" in text
    assert text.count("FROM ") == 2
    users = re.findall(r"^USER (.+)$", text, re.MULTILINE)
    assert users
    assert users[-1] != "root"
    assert text.rindex("USER ") < text.rindex("CMD ")
    assert "/health/ready" in text
    assert "--read-only" in GUIDE


def test_the_guide_names_settings_and_addresses_that_exist():
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    for name in set(re.findall(r"SEAWALL_[A-Z_]+", GUIDE + (DEPLOY / "seawall.service").read_text())):
        assert f'"{name}"' in source, name
    for figure in set(re.findall(r"seawall_(?:last|worker|outbox)\w*", GUIDE)):
        assert figure in source or re.sub(r"last_\w+_age", "last_{name}_age", figure) in source, figure
