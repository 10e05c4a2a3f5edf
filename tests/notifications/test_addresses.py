"""Where webhooks may lead, form by form."""

from ipaddress import ip_address

import pytest

from notifications.addresses import check_address, is_open, read_target
from notifications.exceptions import UnsafeAddress

CLOSED = {
    "loopback": ["127.0.0.1", "127.8.9.10", "::1"],
    "this host": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"],
    "shared": ["100.64.0.1", "100.127.255.255"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "cloud metadata": ["168.63.129.16", "100.100.100.200", "fd00:ec2::254", "192.0.0.192"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1", "192.0.2.1", "203.0.113.9", "2001:db8::1"],
    "documentation": ["198.51.100.1", "3fff::1"],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.215.14"],
    "IPv4-compatible": ["::127.0.0.1", "::93.184.215.14"],
    "IPv4-translated": ["::ffff:0:127.0.0.1"],
    "NAT64": ["64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1"],
    "6to4": ["2002:7f00:1::", "2002:a9fe:a9fe::1", "192.88.99.1"],
    "Teredo": ["2001:0:53aa:64c:0:fbff:80ff:fffe", "2001::1"],
    "protocol assignments": ["2001:10::1", "2001:20::1", "2001:2::1", "100::1", "5f00::1"],
}
PUBLIC = [
    "93.184.215.14",
    "1.1.1.1",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.1",
    "2606:4700::1111",
    "2a00:1450:4001::5e",
]
PRIVATE = ["127.0.0.1", "::1", "10.1.2.3", "172.20.0.1", "192.168.0.9", "100.64.1.1", "fd12::1"]


@pytest.mark.parametrize(("form", "address"), [(form, each) for form, listed in CLOSED.items() for each in listed])
def test_nothing_is_sent_to_an_address_that_is_not_public(form, address):
    assert not is_open(ip_address(address), allow_private=False), form


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address):
    assert is_open(ip_address(address), allow_private=False)
    assert is_open(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_operator_can_open_the_own_network(address):
    assert is_open(ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    ("form", "address"),
    [(form, each) for form, listed in CLOSED.items() for each in listed],
)
def test_opening_the_own_network_opens_nothing_else(form, address):
    own = form in ("loopback", "private", "shared")

    assert is_open(ip_address(address), allow_private=True) is own


def test_the_refusal_names_the_host_its_address_and_the_setting():
    with pytest.raises(UnsafeAddress, match=r"intranet leads to 10\.0\.0\.1.*ALLOW_PRIVATE_WEBHOOKS"):
        check_address(ip_address("10.0.0.1"), "intranet", allow_private=False)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "header"),
    [
        ("https://hooks.example.org", "hooks.example.org", 443, "/", "hooks.example.org"),
        ("https://HOOKS.example.org:8443/a?b=c#d", "hooks.example.org", 8443, "/a?b=c", "hooks.example.org:8443"),
        ("https://93.184.215.14/x", "93.184.215.14", 443, "/x", "93.184.215.14"),
        ("https://[2606:4700::1111]:444/x", "2606:4700::1111", 444, "/x", "[2606:4700::1111]:444"),
        ("https://my_host-1.internal./x", "my_host-1.internal.", 443, "/x", "my_host-1.internal."),
    ],
)
def test_a_url_is_taken_apart_once(url, host, port, path, header):
    target = read_target(url, allow_private=False)

    assert (target.is_tls, target.host, target.port, target.path) == (True, host, port, path)
    assert target.host_header == header


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "https://",
        "https:///path",
        "//hooks.example.org/x",
        "http://hooks.example.org/x",
        "ftp://hooks.example.org/x",
        "file:///etc/passwd",
        "gopher://hooks.example.org/",
        "https://user:password@hooks.example.org/",
        "https://hooks.example.org@127.0.0.1/",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org:x/",
        "https://[::1/",
        "https://[hooks.example.org]/",
        "https://hooks example.org/",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/\r\nX: y",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://hooks.example.org/\x00",
        "https://ho\u043eks.example.org/",  # a Cyrillic letter
        "https://\uff11\uff12\uff17.0.0.1/",  # full-width digits
        "https://%31%32%37.0.0.1/",
        "https://-hooks.example.org/",
        "https://hooks..example.org/",
        f"https://{'a.' * 140}org/",
        f"https://{'a' * 64}.org/",
        f"https://hooks.example.org/{'a' * 2048}",
    ],
)
def test_a_url_that_can_be_misread_is_refused(url):
    with pytest.raises(UnsafeAddress):
        read_target(url, allow_private=False)


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f.0.0.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "1.2.3", "1.2.3.4.5", "0x"]
)
def test_a_number_that_is_no_address_written_in_full_is_refused(host):
    with pytest.raises(UnsafeAddress, match="not an IP address written in full"):
        read_target(f"https://{host}/", allow_private=True)


def test_plain_http_is_for_the_own_network_only():
    with pytest.raises(UnsafeAddress, match="begins with https://"):
        read_target("http://hooks.example.org/", allow_private=False)

    assert read_target("http://hooks.example.org/", allow_private=True).port == 80
