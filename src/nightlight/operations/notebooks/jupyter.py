"""What is ours inside Jupyter's server: who somebody is, whether they may stay, and whose name their cells carry.

The server decides nothing: it asks the pages, on a socket that nobody else holds, and asks again every few seconds."""

import asyncio
import json
import secrets
import socket
import time
from typing import Any
from weakref import WeakSet

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.ioloop import PeriodicCallback
from tornado.websocket import WebSocketHandler
from traitlets import Float, Integer, Type, Unicode

KERNEL = "nightlight"
POLICY_VIOLATION = 1008
COLORS = 7


class Guest:
    """Somebody who came in with a ticket, and the sockets of their browser."""

    def __init__(self, person: str, session: str, now: float) -> None:
        self.person, self.session, self.asked = person, session, now
        self.sockets: WeakSet[Any] = WeakSet()

    @property
    def is_here(self) -> bool:
        return any(handler.ws_connection is not None for handler in self.sockets)


class WayIn(JupyterHandler):  # type: ignore[misc]
    """Where a ticket is turned into Jupyter's own cookie; who has none is shown to the pages."""

    @allow_unauthenticated  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        people: People = self.identity_provider
        if await people.let_in(self, self.get_argument("ticket", "")):
            wanted = self.get_argument("open", "")
            self.redirect(self.base_url + ("lab/tree/" + wanted if wanted and ".." not in wanted else "lab"))
        else:
            self.redirect(people.pages)


class WayOut(JupyterHandler):  # type: ignore[misc]
    @allow_unauthenticated  # type: ignore[untyped-decorator]
    def get(self) -> None:
        people: People = self.identity_provider
        people.clear_login_cookie(self)
        self.redirect(people.pages)


class People(IdentityProvider):  # type: ignore[misc]
    """Jupyter's identity provider: a guest for each ticket the pages gave."""

    door = Integer(help="Descriptor of the socket on which the pages answer").tag(config=True)
    pages = Unicode(help="Where the pages list workspaces").tag(config=True)
    asked_every = Float(20.0, help="Seconds after which the pages are asked again").tag(config=True)
    login_handler_class = Type(WayIn, klass=JupyterHandler)
    logout_handler_class = Type(WayOut, klass=JupyterHandler)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.guests: dict[str, Guest] = {}
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._rounds: PeriodicCallback | None = None

    async def get_user(self, handler: Any) -> User | None:
        key = handler.get_cookie(self.get_cookie_name(handler), "")
        guest = self.guests.get(key)
        if guest is None or not await self._may_stay(key, guest, here=True):
            return None
        if isinstance(handler, WebSocketHandler):
            guest.sockets.add(handler)
        color = f"var(--jp-collaborator-color{sum(guest.person.encode()) % COLORS + 1})"
        name = guest.person
        return User(username=name, name=name, display_name=name, initials=name[:2].upper(), color=color)

    async def let_in(self, handler: Any, ticket: str) -> bool:
        """Take a ticket; whether it was good."""
        said = await self._ask({"ticket": ticket}) if ticket else {}
        if not said:
            return False
        key = secrets.token_urlsafe(32)
        self.guests[key] = Guest(said["person"], said["session"], time.monotonic())
        secure = handler.request.protocol == "https"
        handler.set_cookie(self.get_cookie_name(handler), key, httponly=True, secure=secure, samesite="Lax", path="/")
        if self._rounds is None:
            self._rounds = PeriodicCallback(self._look_round, self.asked_every * 1000)
            self._rounds.start()
        return True

    def get_cookie_name(self, handler: Any) -> str:
        """One for each port: browsers give cookies to all ports of a host."""
        return f"nightlight-notebooks-{handler.settings['serverapp'].port}"

    def clear_login_cookie(self, handler: Any) -> None:
        key = handler.get_cookie(self.get_cookie_name(handler), "")
        if key in self.guests:
            self._show_out(key)
        handler.clear_cookie(self.get_cookie_name(handler), path="/")

    def validate_security(self, app: Any, ssl_options: Any = None) -> None:
        """Nothing to warn of: there is no password and no token that could be missing."""

    async def _may_stay(self, key: str, guest: Guest, *, here: bool) -> bool:
        if time.monotonic() - guest.asked < self.asked_every:
            return True
        said = await self._ask({"person": guest.person, "session": guest.session, "here": here})
        if said.get("stays") is True:
            guest.asked = time.monotonic()
            return True
        self._show_out(key)
        return False

    async def _look_round(self) -> None:
        for key, guest in list(self.guests.items()):
            await self._may_stay(key, guest, here=guest.is_here)

    def _show_out(self, key: str) -> None:
        guest = self.guests.pop(key, None)
        for handler in list(guest.sockets) if guest else ():
            if handler.ws_connection is not None:
                handler.close(POLICY_VIOLATION, "your right to be here has ended")

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The pages' answer; without one nobody is let in."""
        async with self._lock:
            try:
                if self._streams is None:
                    self._streams = await asyncio.open_connection(sock=socket.socket(fileno=self.door))
                reader, writer = self._streams
                writer.write(json.dumps(question).encode() + b"\n")
                await writer.drain()
                answer: dict[str, Any] = json.loads(await reader.readline())
            except (OSError, ValueError):
                return {}
            return answer


class SignedConnection(ZMQChannelsWebsocketConnection):  # type: ignore[misc]
    """A browser's way to a kernel: whatever name its messages carry, they get that of whoever came in."""

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        user = self.websocket_handler.current_user
        if user is None:
            return
        is_new = self.subprotocol == "v1.kernel.websocket.jupyter.org"
        super().handle_incoming_message(sign(incoming_msg, user.username, is_new=is_new))


class OneKernel(KernelSpecManager):  # type: ignore[misc]
    """The kernel that is confined is the only one; Jupyter would find Python's own by its name all the same."""

    def find_kernel_specs(self) -> dict[str, str]:
        return {name: folder for name, folder in super().find_kernel_specs().items() if name == KERNEL}

    def get_kernel_spec(self, kernel_name: str) -> Any:
        if kernel_name != KERNEL:
            raise NoSuchKernel(kernel_name)
        return super().get_kernel_spec(kernel_name)


def sign(message: Any, name: str, *, is_new: bool) -> Any:
    """A message of a browser under this name; `is_new`: in the protocol of today."""
    if is_new:
        channel, parts = deserialize_msg_from_ws_v1(message)
        header = {**json.loads(parts[0]), "username": name}
        return serialize_msg_to_ws_v1([json.dumps(header).encode(), *parts[1:]], channel)
    if isinstance(message, bytes):
        raise ValueError("a message in a protocol that nobody speaks any more")
    said = json.loads(message)
    said["header"]["username"] = name
    return json.dumps(said)
