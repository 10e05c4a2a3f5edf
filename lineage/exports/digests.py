"""What a key or a node says of the digest of its content, by the algorithm."""

import re

_GIT = re.compile(r"^git:(?P<uri>.+)@(?P<commit>[0-9a-f]{40}|[0-9a-f]{64})(?:#.*)?$")
_SHA256 = re.compile(r"(?:sha256:)([0-9a-f]{64})")
_NAMED = re.compile(r"^(?P<algorithm>[a-z0-9-]+):(?P<value>[0-9a-f]+)(?:\.dir)?$")
_BARE = re.compile(r"^[0-9a-f]{64}$")


def digests_of(key: str, digest: str) -> dict[str, str]:
    """The digests by algorithm, as in-toto names them; empty when there is none that others could check."""
    if commit := _GIT.match(key):
        return {"gitCommit": commit["commit"]}
    if _BARE.match(digest):
        return {"sha256": digest}
    if (named := _NAMED.match(digest)) and not digest.endswith(".dir"):
        return {named["algorithm"]: named["value"]}
    if found := _SHA256.search(key):
        return {"sha256": found[1]}
    return {}
