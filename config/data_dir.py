"""The folder of an embedded Stagekeeper: one process tree at a time holds it, on a disk of this machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# File systems on which locks or SQLite's shared memory do not hold between machines.
NETWORK_FILE_SYSTEMS = {"afs", "beegfs", "ceph", "cifs", "coda", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"}
NETWORK_FILE_SYSTEMS |= {"ocfs2", "orangefs", "smb3", "smbfs"}
NETWORK_FILE_SYSTEMS |= {"fuse.cephfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}


class InUse(Exception):
    """The data folder cannot be used; the message says why."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and hold it for this process. Raises InUse when another holds it or it is on a network."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InUse(f"DATA_DIR={folder} cannot be written: {error.strerror}.") from error
    try:
        if (kind := file_system(folder)) in NETWORK_FILE_SYSTEMS:
            raise InUse(f"DATA_DIR={folder} is on a network file system ({kind}); choose a folder on a local disk.")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(f"Another Stagekeeper already runs on DATA_DIR={folder}.") from error
        yield
    finally:
        os.close(lock)


def file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the kind of file system that holds the folder, or nothing where the system does not tell."""
    if not mounts.exists():
        return ""
    place, best, kind = folder.resolve(), Path("/"), ""
    for line in mounts.read_text().splitlines():
        before, _, after = line.partition(" - ")
        mount = Path(_unescape(before.split()[4]))
        if place.is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, after.split()[0]
    return kind


def _unescape(path: str) -> str:
    # The kernel writes space, tab, newline and backslash as octal numbers.
    return path.encode().decode("unicode_escape").encode("latin-1").decode()
