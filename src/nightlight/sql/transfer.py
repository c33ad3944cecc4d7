"""How a job reaches a worker and an answer comes back: open files and JSON out, frames of an Arrow stream in.

The broker believes nothing: frames are bounded, rows and bytes are counted again, and Arrow validates what it reads."""

import json
import os
import select
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

JOB = struct.Struct("<I")  # length of the JSON that follows
MOST_FILES = 250  # the kernel passes 253 at once
FRAME = struct.Struct("<cI")  # kind, length of the payload
STARTED, PROGRESS, ROWS, ENDED, FAILED = b"S", b"P", b"R", b"E", b"F"
SHARE = struct.Struct("<H")  # progress in thousandths
MOST_IN_FRAME = 1 << 18
SCHEMA_BYTES = 1 << 20  # may come on top of the rows' bytes: names and types of columns, the words of enums


class TooWideError(Exception):
    """A column has a type that Arrow cannot hold: the engine would pass on other numbers."""


class RowTooLargeError(Exception):
    """Not even the first row is within the byte cap."""


class BrokenAnswerError(Exception):
    """What a worker sent is not an answer."""


def send_job(channel: socket.socket, job: Mapping[str, Any], files: Sequence[int]) -> None:
    text = json.dumps(job).encode()
    socket.send_fds(channel, [JOB.pack(len(text))], files)
    channel.sendall(text)


def receive_job(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The job and its open files; None when the broker needs this worker no more."""
    head, files, _, _ = socket.recv_fds(channel, JOB.size, MOST_FILES)
    text = bytearray()
    while head and len(text) < JOB.unpack(head)[0]:
        part = channel.recv(MOST_IN_FRAME)
        if not part:
            return None
        text += part
    return (json.loads(text), files) if head else None


def send_frame(channel: int, kind: bytes, payload: "bytes | memoryview") -> None:
    """Write a frame with the one call that a confined process has for it."""
    for part in (FRAME.pack(kind, len(payload)), payload):
        left = memoryview(part)
        while left:
            left = left[os.write(channel, left) :]


def receive_frames(channel: socket.socket, wait: Callable[[], float]) -> Iterator[tuple[bytes, bytes]]:
    """Kind and payload of each frame until the worker's end; `wait` says for how many seconds to wait, or raises."""
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    data = bytearray()
    while True:
        if not poll.poll(1000 * wait()):
            continue
        try:
            part = channel.recv(MOST_IN_FRAME)
        except ConnectionError:
            return
        if not part:
            return
        data += part
        while len(data) >= FRAME.size:
            kind, size = FRAME.unpack_from(data)
            if size > MOST_IN_FRAME:
                raise BrokenAnswerError
            if len(data) < FRAME.size + size:
                break
            yield kind, bytes(data[FRAME.size : FRAME.size + size])
            del data[: FRAME.size + size]


def write_rows(reader: "pa.RecordBatchReader", send: Callable[[bytes, memoryview], None], rows: int, size: int) -> bool:
    """Send batches until `rows` or `size` bytes are reached, and fetch no further; True when rows were left out."""
    import pyarrow as pa

    sink = _Sink(send)
    sent, truncated = 0, False
    with pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            kept = _fitting(batch, rows - sent, size - sink.written)
            writer.write_batch(kept)
            sent += kept.num_rows
            truncated = kept.num_rows < batch.num_rows
            if truncated:
                break
    if truncated and not sent and rows:
        raise RowTooLargeError
    sink.flush()
    return truncated


def _fitting(batch: "pa.RecordBatch", rows: int, size: int) -> "pa.RecordBatch":
    """The first rows of a batch, at most `rows`, that travel in at most `size` bytes."""
    import pyarrow as pa

    count = min(batch.num_rows, rows)
    while count and pa.ipc.get_record_batch_size(batch.slice(0, count)) > size:
        count //= 2
    return batch.slice(0, count)


class _Sink:
    """What Arrow writes into: collects small writes and sends them on as frames."""

    closed = False

    def __init__(self, send: Callable[[bytes, memoryview], None]) -> None:
        self._send, self._waiting, self.written = send, bytearray(), 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.written += size
        self._waiting += data
        if len(self._waiting) >= MOST_IN_FRAME:
            self.flush()
        return size

    def flush(self) -> None:
        whole = memoryview(self._waiting)
        for start in range(0, len(whole), MOST_IN_FRAME):
            self._send(ROWS, whole[start : start + MOST_IN_FRAME])
        self._waiting = bytearray()

    def close(self) -> None:
        self.flush()


def read_rows(answer: bytes | bytearray, rows: int) -> "pa.Table":
    """The table in an Arrow stream that nobody vouches for; raises BrokenAnswerError."""
    import pyarrow as pa

    if not answer:
        return pa.table({})
    try:
        if any(_is_compressed(message) for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(answer))):
            raise BrokenAnswerError  # its real size is unknown until it is there
        table = pa.ipc.open_stream(pa.py_buffer(answer)).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, struct.error) as error:
        raise BrokenAnswerError from error
    if table.num_rows > rows:
        raise BrokenAnswerError
    return table


def _is_compressed(message: "pa.ipc.Message") -> bool:
    """Whether a message says that its buffers are compressed (format/Message.fbs of Arrow; workers never do)."""
    if message.type == "schema":
        return False
    data = message.metadata.to_pybytes()
    header = _follow(data, _field(data, _follow(data, 0), 2))
    if message.type == "dictionary":
        header = _follow(data, _field(data, header, 1))
    return _field(data, header, 3) != 0


def _field(data: bytes, table: int, number: int) -> int:
    """Where a flatbuffer's table keeps its field; 0 when it has none."""
    layout = table - int(struct.unpack_from("<i", data, table)[0])
    size: int = struct.unpack_from("<H", data, layout)[0]
    place = 4 + 2 * number
    offset: int = struct.unpack_from("<H", data, layout + place)[0] if place < size else 0
    return table + offset if offset else 0


def _follow(data: bytes, place: int) -> int:
    return place + int(struct.unpack_from("<I", data, place)[0])
