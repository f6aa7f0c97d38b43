"""Which addresses anybody on the Internet could be meant by."""

import pytest

from services.adapters.addresses import PrivateAddress, is_public, resolve, resolve_public


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "203.0.114.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "100.128.0.1"],
)
def test_public_ones(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",  # noqa: S104 -- an address to be refused
        "0.1.2.3",
        "10.0.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_all_others(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "::1"])
async def test_a_host_is_what_it_resolves_to(host: str) -> None:
    with pytest.raises(PrivateAddress) as refused:
        await resolve_public(host, 80)
    assert refused.value.host == host


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "no-such-host.invalid"])
async def test_a_host_without_an_address_is_unreachable(host: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 -- worded by the system
        await resolve(host, 80)
