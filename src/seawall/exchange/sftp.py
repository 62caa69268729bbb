"""Files of an SFTP server, whose key must be known: nothing is sent to a server that shows another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import asyncssh

from seawall.engine.kernel.errors import InputError, OutsideError, Refused
from seawall.exchange.net import Outside
from seawall.exchange.places import Seen, require_size

PORT: Final = 22
SECONDS: Final = 20.0
CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Sftp:
    """A folder of a server. ``host_key``: as ``ssh-keyscan`` prints it; ``secret``: a password, or a private key."""

    outside: Outside
    host: str
    port: int
    user: str
    path: str
    host_key: str
    secret: str

    def listed(self) -> list[Seen]:
        """The ordinary files in the folder.

        Raises:
            AddressRefused: the server may not be asked.
            Refused: it shows another key, or does not let us in.
            OutsideError: it does not answer.
        """

        async def look(client: asyncssh.SFTPClient) -> list[Seen]:
            return [
                Seen(str(each.filename), int(each.attrs.size or 0), int(each.attrs.mtime or 0))
                async for each in client.scandir(self.path or ".")
                if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
            ]

        found: list[Seen] = self._within(look)
        return found

    def content(self, seen: Seen) -> bytes:
        """The bytes of one of them.

        Raises:
            OutsideError: it changed while it was read.
        """
        require_size(seen.name, seen.size)

        async def fetch(client: asyncssh.SFTPClient) -> bytes:
            where, body = f"{(self.path or '.').rstrip('/')}/{seen.name}", bytearray()
            async with client.open(where, "rb") as file:
                while chunk := await file.read(CHUNK):
                    body += bytes(chunk)  # type: ignore[arg-type]  # opened for bytes
                    require_size(seen.name, len(body))
                about = await file.stat()
            if (about.size, int(about.mtime or 0), len(body)) != (seen.size, seen.changed, seen.size):
                raise OutsideError("{file} changed while it was read.", file=seen.name)
            return bytes(body)

        content: bytes = self._within(fetch)
        return content

    def key_shown(self) -> str:
        """The key that the server shows now, for a person to compare; nothing is sent to it.

        Raises:
            AddressRefused: the server may not be asked.
            OutsideError: it does not answer.
        """
        address = self._address()

        async def ask() -> str:
            async with asyncio.timeout(SECONDS):
                key = await asyncssh.get_server_host_key(address, self.port, config=None)
            return key.export_public_key().decode().strip() if key else ""

        shown: str = self._run(ask)
        return shown

    def require_form(self) -> None:
        """Pass keys that are keys and a server that is listed; nobody is asked.

        Raises:
            InputError: a key is none.
        """
        self.outside.require_listed(self.host, self.port, usual=PORT)
        self._known()
        self._client_keys()

    def _address(self) -> str:
        self.outside.require_listed(self.host, self.port, usual=PORT)
        return self.outside.addresses(self.host, self.port)[0]

    def _within(self, work: Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, Any]]) -> Any:
        address, known, keys = self._address(), self._known(), self._client_keys()

        async def asked() -> Any:
            async with asyncio.timeout(SECONDS):
                connection = await asyncssh.connect(
                    address, self.port, username=self.user, known_hosts=([known], [], []), config=None,
                    client_keys=keys, password=None if keys else self.secret, agent_path=None, gss_host=None,
                    preferred_auth=["publickey"] if keys else ["password", "keyboard-interactive"],
                )  # fmt: skip
            async with connection, connection.start_sftp_client() as client:
                async with asyncio.timeout(SECONDS * 30):
                    return await work(client)

        return self._run(asked)

    def _known(self) -> asyncssh.SSHKey:
        words = self.host_key.split()
        start = next((place for place, word in enumerate(words) if word.startswith(("ssh-", "ecdsa-", "sk-"))), None)
        try:
            return asyncssh.import_public_key(" ".join(words[start : start + 2]) if start is not None else "")
        except (asyncssh.KeyImportError, ValueError):
            raise InputError(
                "The server's key is missing or is none.",
                hint="Compare what `ssh-keyscan {host}` prints with what the server's keeper says, and enter it.",
                code="host_key", host=self.host[:100],
            ) from None  # fmt: skip

    def _client_keys(self) -> list[asyncssh.SSHKey] | None:
        if "PRIVATE KEY" not in self.secret:
            return None
        try:
            return [asyncssh.import_private_key(self.secret)]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
            raise InputError(
                "The private key cannot be read.", hint="Give one in OpenSSH's form, without a passphrase.",
                code="private_key",
            ) from None  # fmt: skip

    def _run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        try:
            return _apart(work)
        except asyncssh.HostKeyNotVerifiable:
            raise Refused(
                "{host} shows another key than the one that is known.",
                hint="Somebody may stand between. Ask the server's keeper before you change the key.",
                code="host_key_differs", host=self.host,
            ) from None  # fmt: skip
        except asyncssh.PermissionDenied:
            raise Refused(
                "{host} does not let us in.", hint="Check the source's secret.", code="not_let_in", host=self.host
            ) from None
        except asyncssh.SFTPNoSuchFile:
            raise InputError("There is no folder {folder}.", code="no_folder", folder=self.path) from None
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise OutsideError(
                "{host} does not answer: {reason}.", host=self.host, reason=type(error).__name__
            ) from error


def _apart(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run in a thread of its own: the caller's may have a loop already."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.extend((asyncio.run(work()), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked
            outcome.extend((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]
