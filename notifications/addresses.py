"""Where a webhook may lead: to addresses that anybody on the internet can reach, and nowhere inside the house.

Pure rules. `notifications.http` asks them of every address before it connects, and of the peer once it is connected.
A URL is read once, here; nothing else may read it by rules of its own.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from notifications.exceptions import UnsafeAddress

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

URL_LENGTH = 2048
_URL = re.compile(rf"[\x21-\x5b\x5d-\x7e]{{1,{URL_LENGTH}}}")  # printable ASCII without space and backslash
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


def _networks(*networks: str) -> tuple[Network, ...]:
    return tuple(ip_network(network) for network in networks)


#: Of the IPv6 addresses only these are unicast and global; mapped and NAT64 forms of IPv4 lie outside.
_GLOBAL_IPV6 = IPv6Network("2000::/3")
#: IANA's special-purpose registries, and every form that carries an IPv4 address in an IPv6 address.
_CLOSED = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",  # relays of 6to4
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",  # multicast, reserved, broadcast
    "2001::/23",  # Teredo and other protocols
    "2001:db8::/32",
    "2002::/16",  # 6to4
    "3fff::/20",
)
#: What an operator opens with ALLOW_PRIVATE_WEBHOOKS.
_PRIVATE = _networks(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"
)
#: Where clouds answer their machines with credentials, outside the link-local network. Never open.
_CLOUD_METADATA = _networks("168.63.129.16/32", "100.100.100.200/32", "fd00:ec2::/32")


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's URL in the parts that a connection needs."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def read_target(url: str, *, allow_private: bool) -> Target:
    """Take a URL apart. Raises UnsafeAddress for all but plain https URLs (http too, where private is allowed)."""
    if not _URL.fullmatch(url):
        raise UnsafeAddress(
            f"A webhook's URL has up to {URL_LENGTH} ASCII characters, without spaces or backslashes: "
            "escape them as in %20, and write the host in its xn-- form."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnsafeAddress(f"The webhook's URL cannot be read: {error}.") from error
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or port == 0:
        raise UnsafeAddress(f"A webhook's URL begins with {' or '.join(f'{each}://' for each in schemes)} and a host.")
    if "@" in parts.netloc:
        raise UnsafeAddress("A webhook's URL holds no user name or password: messages are signed with the secret.")
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_tls, _host(parts), port or (443 if is_tls else 80), path)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return str(_address_in(host))
    if len(host) > 253 or not _HOST_NAME.fullmatch(host):
        raise UnsafeAddress(f"“{host[:100]}” is not the name of a host.")
    return host


def _address_in(host: str) -> Address:
    """A literal address in its one canonical form: 127.1 and 0177.0.0.1 mean different things to different readers."""
    try:
        return ip_address(host)
    except ValueError as error:
        raise UnsafeAddress(f"“{host[:100]}” is not an IP address written in full.") from error


def check_address(address: Address, host: str, *, allow_private: bool) -> None:
    """Raises UnsafeAddress when nothing may be sent to ``address``, which ``host`` stands for."""
    if not is_open(address, allow_private=allow_private):
        raise UnsafeAddress(
            f"{host} leads to {address}, which is not a public address. "
            + (
                "Webhooks cannot be sent there."
                if allow_private
                else "Whoever runs this server can set ALLOW_PRIVATE_WEBHOOKS=1 for receivers in the own network."
            )
        )


def is_open(address: Address, *, allow_private: bool) -> bool:
    """Whether something may be sent to ``address``."""
    if _in(address, _CLOUD_METADATA):
        return False
    if allow_private and _in(address, _PRIVATE):
        return True
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return False
    return not _in(address, _CLOSED)


def _in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
