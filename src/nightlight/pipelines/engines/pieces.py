"""A deep plan message in pieces: what a plan of a hundred steps nests is more than protobuf reads back at once."""

from collections.abc import Iterator, Sequence
from typing import Any

RELATION = "spark.connect.Relation"
HEIGHT = 40  # of the hundred levels that a message may be deep
_PLACE = "piece:"


def cut(relation: Any) -> list[bytes]:
    """The message in pieces, each after those it holds; the last is the whole."""
    whole = type(relation)()
    whole.CopyFrom(relation)
    pieces: list[bytes] = []
    _shorten(whole, pieces)
    return [*pieces, whole.SerializeToString(deterministic=True)]


def join(pieces: Sequence[bytes], kind: type[Any]) -> Any:
    """The message that `cut` took apart; raises ValueError (also protobuf's) for pieces that do not fit together."""
    made: dict[int, Any] = {}
    for number, piece in enumerate(pieces):
        relation = kind()
        relation.ParseFromString(piece)
        for part in list(parts_of(relation)):
            if part.DESCRIPTOR.full_name == RELATION and part.extension.type_url.startswith(_PLACE):
                held = made.pop(int(part.extension.type_url.removeprefix(_PLACE)), None)
                if held is None:  # each is used once: nothing grows by being repeated
                    raise ValueError("a piece is missing")
                part.CopyFrom(held)
        made[number] = relation
    if list(made) != [len(pieces) - 1]:
        raise ValueError("a piece is left over")
    return made[len(pieces) - 1]


def parts_of(message: Any) -> Iterator[Any]:
    """Every message inside a message, itself first."""
    yield message
    for part in inside(message):
        yield from parts_of(part)


def inside(message: Any) -> Iterator[Any]:
    """The messages that a message is made of, one level down."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        if descriptor.message_type.GetOptions().map_entry:
            yield from (part for part in value.values() if hasattr(part, "DESCRIPTOR"))
        else:
            yield from value if descriptor.is_repeated else [value]


def _shorten(message: Any, pieces: list[bytes]) -> int:
    """Cut off what is too high; the answer is how high the rest is."""
    height = 1 + max((_shorten(part, pieces) for part in list(inside(message))), default=0)
    if message.DESCRIPTOR.full_name != RELATION or height < HEIGHT:
        return height
    pieces.append(message.SerializeToString(deterministic=True))
    message.Clear()
    message.extension.type_url = f"{_PLACE}{len(pieces) - 1}"
    return 2
