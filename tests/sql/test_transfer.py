"""The broker's end of the wire against a worker that does not keep to the rules."""

import os
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from nightlight.sql import transfer
from nightlight.sql.transfer import BrokenAnswerError

WORDS = pa.table({"word": ["a", "b", None], "kind": pa.array(["x", "y", "x"]).dictionary_encode()})


def stream(table: pa.Table, **options: object) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def test_an_honest_answer_is_read() -> None:
    assert transfer.read_rows(stream(WORDS), rows=3).equals(WORDS)
    assert transfer.read_rows(b"", rows=3).num_rows == 0


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_a_compressed_answer_is_refused_before_it_is_as_large_as_it_is(codec: str) -> None:
    bomb = pa.table({"word": ["x" * 100_000]})
    with pytest.raises(BrokenAnswerError):
        transfer.read_rows(stream(bomb, compression=codec), rows=3)
    words = pa.table({"kind": pa.array(["x" * 1000, "y"]).dictionary_encode()})
    with pytest.raises(BrokenAnswerError):
        transfer.read_rows(stream(words, compression=codec), rows=3)


def test_more_rows_than_asked_for_are_refused() -> None:
    with pytest.raises(BrokenAnswerError):
        transfer.read_rows(stream(WORDS), rows=2)


def test_offsets_that_point_outside_are_refused() -> None:
    answer = bytearray(stream(pa.table({"word": ["abc", "def"]})))
    place = bytes(answer).index(struct.pack("<3i", 0, 3, 6))
    struct.pack_into("<i", answer, place + 4, 1 << 30)
    with pytest.raises(BrokenAnswerError):
        transfer.read_rows(bytes(answer), rows=2)


def test_no_damaged_byte_makes_an_answer_that_is_not_valid() -> None:
    answer = stream(WORDS)
    for place in range(len(answer)):
        damaged = bytearray(answer)
        damaged[place] ^= 0xFF
        try:
            table = transfer.read_rows(bytes(damaged), rows=3)
        except BrokenAnswerError:
            continue
        table.validate(full=True)
        assert table.num_rows <= 3


def frames(sent: bytes) -> list[tuple[bytes, bytes]]:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(sent)
        return list(transfer.receive_frames(ours, lambda: 5.0))


def test_frames_arrive_whole_whatever_the_pieces() -> None:
    sent = b"".join(
        transfer.FRAME.pack(kind, len(payload)) + payload for kind, payload in ((b"R", b"rows" * 1000), (b"E", b""))
    )
    assert frames(sent) == [(b"R", b"rows" * 1000), (b"E", b"")]


def test_a_frame_that_breaks_off_is_no_frame() -> None:
    assert frames(transfer.FRAME.pack(b"R", 10) + b"half") == []


def test_a_frame_larger_than_any_of_ours_is_refused_unread() -> None:
    with pytest.raises(BrokenAnswerError):
        frames(transfer.FRAME.pack(b"R", 1 << 31) + b"x")


def test_a_worker_without_a_job_ends_when_its_broker_does() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs:
        assert transfer.receive_job(theirs) is None


def test_a_job_arrives_with_its_open_files() -> None:
    job = {"text": "select '" + "x" * 1_000_000 + "'"}
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    os.write(write, b"rows")
    os.close(write)
    with ours, theirs, os.fdopen(read, "rb") as pipe, ThreadPoolExecutor() as pool:
        receiving = pool.submit(transfer.receive_job, theirs)
        transfer.send_job(ours, job, [pipe.fileno()])
        received = receiving.result()
    assert received
    assert received[0] == job
    with os.fdopen(received[1][0], "rb") as file:
        assert file.read() == b"rows"
