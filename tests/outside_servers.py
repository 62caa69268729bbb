"""Servers of the tests' own on this machine: HTTPS with an authority of its own, SFTP, and simulated ledgers behind HTTPS."""

import asyncio
import contextlib
import datetime as dt
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"


def certificate(folder):
    """A certificate for this machine that is its own authority: the paths of both files, and the authority as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return pem.decode()


class Web:
    """An HTTPS server: ``answer(method, path, query, headers, body)`` gives status and bytes, or status, bytes and headers."""

    def __init__(self, folder, answer):
        self.authority, self.answer, self.asked = certificate(folder), answer, []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self):
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                web.asked.append((self.command, unquote(parts.path), query))
                status, content, *more = web.answer(self.command, unquote(parts.path), query, self.headers, body)
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(content)

            do_GET = do_POST = _any  # noqa: N815 - the framework's names

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"https://{LOOPBACK}:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Files:
    """An SFTP server over a folder, with a user ``seawall`` whose password is ``open``."""

    def __init__(self, folder):
        self.folder, self.key = folder, asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.logins = []
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        files = self

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self):
                return True

            def validate_password(self, username, password):
                files.logins.append(username)
                return (username, password) == ("seawall", "open")

        async def serve():
            authorized = asyncssh.import_authorized_keys(self.client_key.export_public_key().decode())
            self.acceptor = await asyncssh.listen(
                LOOPBACK, 0, server_factory=Door, server_host_keys=[self.key], authorized_client_keys=authorized,
                sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)),
            )  # fmt: skip
            self.port = self.acceptor.get_port()
            ready.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.create_task(serve())
            self.loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        ready.wait(20)

    @property
    def host_key(self):
        return self.key.export_public_key().decode().strip()

    def close(self):
        async def end():
            self.acceptor.close()
            await self.acceptor.wait_closed()

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)


class Odoo:
    """A simulated Odoo: the calls that the connector makes, over records kept as Odoo gives them. No Odoo was asked."""

    def __init__(self, records, *, page=2):
        self.records, self.page, self.fails = records, page, None

    def __call__(self, method, path, query, headers, body):
        assert (method, path) == ("POST", "/jsonrpc")
        if self.fails:
            return self.fails
        asked = json.loads(body)["params"]
        if asked["service"] == "common":
            user_id = 7 if asked["args"][1:3] == ["reader", "key"] else False
            return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": user_id}).encode()
        _db, user_id, secret, model, call, (domain,), options = asked["args"]
        assert (user_id, secret, call, options["order"]) == (7, "key", "search_read", "id")
        rows = [row for row in sorted(self.records[model], key=lambda row: row["id"]) if self.fits(row, domain)]
        shown = [{"id": row["id"]} | {name: row.get(name, False) for name in options["fields"]} for row in rows]
        return 200, json.dumps(
            {"jsonrpc": "2.0", "id": 1, "result": shown[: min(options["limit"], self.page)]}
        ).encode()

    def fits(self, row, domain):
        for name, sign, value in domain:
            if name in ("account_id.account_type", "company_id.name"):
                continue
            has = row.get(name)
            if not {"=": has == value, ">": sign == ">" and has > value, "in": sign == "in" and has in value}[sign]:
                return False
        return True


class Frappe:
    """A simulated ERPNext: the lists that the connector asks for. No ERPNext was asked."""

    def __init__(self, records, references, *, page=2):
        self.records, self.references, self.page, self.fails = records, references, page, None

    def __call__(self, method, path, query, headers, body):
        if self.fails:
            return self.fails
        if headers.get("Authorization") != "token key:secret":
            return 403, b"{}"
        kind = path.removeprefix("/api/resource/")
        fields, filters = json.loads(query["fields"]), json.loads(query["filters"])
        after = next((value for *_, name, sign, value in filters if (name, sign) == ("name", ">")), "")
        start, size = int(query["limit_start"]), min(self.page, int(query["limit_page_length"]))
        if any(name.startswith("`tab") for name in fields):
            rows = [{**row, "reference_row": f"row-{n:04}"} for n, row in enumerate(self.references)]
            rows = [row for row in rows if row["reference_row"] > after]
            assert any(name.endswith(".name as reference_row") for name in fields)
            assert ["Payment Entry Reference", "name", ">", after] in filters
        else:
            company = next((value for *_, name, _sign, value in filters if name == "name" and _sign == "="), None)
            rows = [row for row in self.records[kind] if row["name"] > after and company in (None, row["name"])]
            rows = [{name: row.get(name) for name in fields} for row in sorted(rows, key=lambda row: row["name"])]
        return 200, json.dumps({"data": rows[start : start + size]}).encode()
