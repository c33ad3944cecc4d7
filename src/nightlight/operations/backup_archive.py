"""A backup as a file: a tar archive under zstd, its members' checksums at its end.

First `about.json`, then the home's files under `home/`, then `manifest.json`; an archive without its end is none."""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from nightlight.errors import NightlightError

FORMAT = 1
ABOUT, MANIFEST, INSIDE, ANCHOR = "about.json", "manifest.json", "home", "audit-anchor"
BLOCK = 1 << 20
MANIFEST_BYTES = 256 << 20  # more is no manifest of ours


@dataclass
class Member:
    """What the manifest says of a file."""

    size: int
    checksum: str  # SHA-256


@dataclass
class Contents:
    """The members of an archive by name, in order."""

    members: dict[str, Member] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(member.size for member in self.members.values())


class Archive:
    """Adds files to a backup that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.contents = Contents()

    def add(self, name: str, file: Path) -> None:
        """Add a regular file as it is now; one that grows meanwhile ends where it ended when it was opened."""
        with file.open("rb") as stream:
            status = os.fstat(stream.fileno())
            info = _info(name, status.st_size, int(status.st_mtime))
            reading = _Hashing(stream)
            try:
                self._tar.addfile(info, cast(IO[bytes], reading))
            except OSError as error:
                if error.errno is None:  # tarfile's own: the file shrank under our hands
                    remedy = "take the backup again when nobody writes it"
                    raise NightlightError(
                        "a file changed while it was backed up", where=str(file), remedy=remedy
                    ) from error
                raise
        self.contents.members[name] = Member(status.st_size, reading.checksum)

    def add_text(self, name: str, text: str) -> None:
        content = text.encode()
        self._tar.addfile(_info(name, len(content), 0), io.BytesIO(content))
        self.contents.members[name] = Member(len(content), hashlib.sha256(content).hexdigest())


@contextmanager
def write_archive(file: Path, about: dict[str, Any]) -> Iterator[Archive]:
    """Write an archive that has its name only when it is whole, and is its owner's alone.

    What the body adds to `about` stands in the manifest. Raises NightlightError when `file` is there already.
    """
    import pyarrow as pa

    if os.path.lexists(file):
        raise NightlightError("there is a file of this name", where=str(file), remedy="name another one")
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)  # of one that was killed
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with pa.CompressedOutputStream(str(part), "zstd") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
            archive = Archive(tar)
            archive.add_text(ABOUT, json.dumps({"format": FORMAT, **about}))
            yield archive
            files = {name: [member.size, member.checksum] for name, member in archive.contents.members.items()}
            archive.add_text(MANIFEST, json.dumps({"format": FORMAT, **about, "files": files}))
        _sync(part)
        os.link(part, file)  # unlike a rename it replaces nothing
        _sync(file.parent)
    except OSError as error:
        raise NightlightError(
            f"the backup could not be written: {error.strerror or 'the disk refused'}",
            where=str(file),
            remedy="make room, or name a file in a folder you may write to",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def read_archive(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack an archive into `folder` and compare every file with the manifest, which is returned.

    Files are their owner's alone, whatever the archive says. Raises NightlightError for anything but a whole archive
    with nothing in it that would lie elsewhere.
    """
    import pyarrow as pa

    contents = Contents()
    manifest: dict[str, Any] | None = None
    try:
        with pa.CompressedInputStream(str(file), "zstd") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            for info in tar:
                if manifest is not None:
                    raise _refused(file, "something follows its end")
                stream = tar.extractfile(info) if info.isreg() else None
                if stream is None or info.name in contents.members:
                    raise _refused(file, "it holds what is no file, or one file twice")
                if info.name == MANIFEST:
                    manifest = _read_manifest(file, info, stream)
                else:
                    contents.members[info.name] = _unpack(file, info, stream, folder)
    except (tarfile.TarError, EOFError, pa.ArrowException) as error:
        raise _refused(file, "it is damaged or cut short, or no backup") from error
    except OSError as error:
        if error.errno is None:
            raise _refused(file, "it is damaged or cut short, or no backup") from error
        raise NightlightError(
            f"the backup cannot be restored: {error.strerror}", where=str(error.filename or file)
        ) from error
    _compare(file, contents, manifest)
    return manifest or {}


def _unpack(file: Path, info: tarfile.TarInfo, stream: IO[bytes], folder: Path) -> Member:
    target = _place(file, info.name, folder)
    for missing in reversed([each for each in target.parents if not each.exists()]):
        missing.mkdir(mode=0o700)
    hashing = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as output:
        while block := stream.read(BLOCK):
            hashing.update(block)
            output.write(block)
    os.utime(target, (info.mtime, info.mtime))
    return Member(info.size, hashing.hexdigest())


def _place(file: Path, name: str, folder: Path) -> Path:
    """Where a member lies; refuses names that would lead out of `folder`, or mean several things."""
    parts = PurePosixPath(name).parts
    is_plain = "/".join(parts) == name and not {"..", "."} & set(parts) and "\0" not in name and "\\" not in name
    known = name in (ABOUT, ANCHOR) or (len(parts) > 1 and parts[0] == INSIDE)
    if not is_plain or name.startswith("/") or not known:
        raise _refused(file, "it holds a file that would not lie in the home")
    return folder.joinpath(*parts)


def _read_manifest(file: Path, info: tarfile.TarInfo, stream: IO[bytes]) -> dict[str, Any]:
    if info.size > MANIFEST_BYTES:
        raise _refused(file, "its list of files cannot be read")
    try:
        found = json.loads(stream.read())
    except (ValueError, RecursionError) as error:
        raise _refused(file, "its list of files cannot be read") from error
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise _refused(file, "its list of files cannot be read")
    if found.get("format") != FORMAT:
        raise NightlightError(
            "this backup is of another version of Nightlight", where=str(file), remedy="restore it with that version"
        )
    return found


def _compare(file: Path, contents: Contents, manifest: dict[str, Any] | None) -> None:
    if manifest is None:
        raise _refused(file, "it is cut short")
    found = {name: [member.size, member.checksum] for name, member in contents.members.items()}
    if found != manifest["files"]:
        names = sorted(name for name in {*found, *manifest["files"]} if found.get(name) != manifest["files"].get(name))
        raise _refused(file, f"{len(names):,} of its files are not as they were backed up")


def _refused(file: Path, why: str) -> NightlightError:
    return NightlightError(
        f"this is no backup that can be restored: {why}",
        where=str(file),
        remedy="take another one; nothing was changed",
    )


def _info(name: str, size: int, changed: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, changed, stat.S_IRUSR | stat.S_IWUSR
    return info


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._hash = stream, hashlib.sha256()

    def read(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._hash.update(block)
        return block

    @property
    def checksum(self) -> str:
        return self._hash.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
