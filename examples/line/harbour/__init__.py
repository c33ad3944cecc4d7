"""The example line "Harbour": an invented crisis line's raw exports, of any size, equal for equal seeds.

`write_exports` writes what the line's systems would export; `chunks`, `volunteers`, `shifts` and
`partner_conversations` give the same rows typed. Nothing in it is about a real person."""

from .exports import write_exports
from .line import Line
from .manifest import Delivered, Manifest
from .partner import partner_conversations
from .tables import Chunk, chunks, shifts, volunteers

__all__ = [
    "Chunk",
    "Delivered",
    "Line",
    "Manifest",
    "chunks",
    "partner_conversations",
    "shifts",
    "volunteers",
    "write_exports",
]
