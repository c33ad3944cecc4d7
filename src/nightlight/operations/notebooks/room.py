"""A workspace's server, as its processes are told of it: where its folder and its sockets lie, and what it is for."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PAGES_SOCKET = "pages.sock"


@dataclass(frozen=True)
class Room:
    """What a server needs to know; `pages` is where browsers find the list of workspaces, `url` where this server.

    It asks every `asked_every` seconds whether people may still be there: who may not is out within a minute.
    """

    name: str
    folder: Path
    runtime: Path
    port: int
    pages: str
    url: str
    confined: bool
    asked_every: float = 20.0

    def write(self) -> str:
        return json.dumps(
            {name: str(value) if isinstance(value, Path) else value for name, value in vars(self).items()}
        )

    @classmethod
    def read(cls, text: str) -> Self:
        """
        >>> room = Room("analysis", Path("/a"), Path("/b"), 8701, "http://x/notebooks", "", True)
        >>> Room.read(room.write()) == room
        True
        """
        said = json.loads(text)
        return cls(**{**said, "folder": Path(said["folder"]), "runtime": Path(said["runtime"])})
