"""``…/versions/<number>/artifacts``: the files of a version, to be read. They are written at their run or model."""

from typing import Any

from drf_spectacular.utils import extend_schema

from accounts.principals import Principal
from artifacts.api.files import FileView, FolderView, Place
from audit.exceptions import NotFound
from registry.api.reads import Address, find_version
from registry.api.values import VERSION_ADDRESS


class _OfVersion:
    def place(self, actor: Principal, **address: Any) -> Place:
        version = find_version(actor, Address(address["project"], address["name"]), int(address["number"]))
        if not version.space_uid:
            raise NotFound(f"The files of {version} are not kept by this server but at {version.location}.")
        return Place(version.space, version.prefix)


@extend_schema(parameters=VERSION_ADDRESS)
class ModelVersionFolderView(_OfVersion, FolderView):
    """The files and folders in a folder of a version."""


@extend_schema(parameters=VERSION_ADDRESS)
class ModelVersionFileView(_OfVersion, FileView):
    """A file of a version."""
