"""A certificate for this machine's own loopback address that is its own authority."""

from __future__ import annotations

import datetime as dt
import os
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIVES_DAYS = 365


def made(folder: Path, host: str, *, now: dt.datetime) -> str:
    """Write ``cert.pem`` and ``key.pem`` into a folder, or go on with those there; returns the authority as PEM."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (there := _there(folder, now)) is not None:
        return there
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Seawall sandbox insurer")])
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=LIVES_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )  # fmt: skip
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(pem)
    with os.fdopen(os.open(folder / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(private)
    return pem.decode()


def _there(folder: Path, now: dt.datetime) -> str | None:
    """The certificate that lies in a folder, where it still holds for a day."""
    if not (folder / "key.pem").exists() or not (folder / "cert.pem").exists():
        return None
    pem = (folder / "cert.pem").read_bytes()
    try:
        ends = x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except ValueError:
        return None
    return pem.decode() if ends > now + dt.timedelta(days=1) else None
