"""The data folder belongs to one Stagekeeper at a time and lies on a local disk."""

import pytest

from config import data_dir
from config.data_dir import InUse, file_system, locked

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / {0}/home rw shared:2 - nfs4 server:/home rw
41 40 0:36 / {0}/home/local\\040disk rw - xfs /dev/sdb1 rw
"""


def test_the_kind_of_file_system_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(tmp_path))

    kinds = [file_system(tmp_path / place, mounts) for place in ("elsewhere", "home/anna", "home/local disk/data")]

    assert kinds == ["ext4", "nfs4", "xfs"]


def test_a_system_that_does_not_tell_is_trusted(tmp_path):
    assert file_system(tmp_path, tmp_path / "missing") == ""


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(data_dir, "file_system", lambda folder: "nfs4")

    with pytest.raises(InUse, match=r"is on a network file system \(nfs4\)"), locked(tmp_path):
        pass


def test_the_folder_is_free_again_afterwards(tmp_path):
    with locked(tmp_path / "data"), pytest.raises(InUse, match="already runs on"), locked(tmp_path / "data"):
        pass
    with locked(tmp_path / "data"):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(InUse, match="cannot be written"), locked(tmp_path / "file"):
        pass
