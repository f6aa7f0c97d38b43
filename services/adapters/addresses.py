"""Where this process may connect to on a stranger's word: to public addresses alone, and to those that were looked at.

An address is asked for once, judged, and then connected to as it is: asked again, a name server could give another one.
"""

import asyncio
import functools
import ipaddress
import socket
from concurrent.futures import Executor

_IPV6_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddress(Exception):
    """A host has an address that is not public."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} has the address {address}, which is not public")
        self.host = host
        self.address = address


async def resolve(host: str, port: int, executor: Executor | None = None) -> tuple[str, ...]:
    """The addresses of `host`, the preferred one first. Raises OSError where there is none.

    A name server may take long to answer, and a look-up that nobody waits for any more still has its thread: of `executor`, or of
    the few that everything else in the process shares.
    """
    loop = asyncio.get_running_loop()
    look_up = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    try:
        found = await loop.run_in_executor(executor, look_up)
    except UnicodeError as error:  # what no name can look like
        raise OSError(str(error)) from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


async def resolve_public(host: str, port: int) -> tuple[str, ...]:
    """Likewise, of a host that has public addresses alone. Raises OSError; PrivateAddress where one of them is not."""
    addresses = await resolve(host, port)
    for address in addresses:
        if not is_public(address):
            raise PrivateAddress(host, address)
    return addresses


def is_public(address: str) -> bool:
    """Whether anybody on the Internet could be meant: no loopback, private, link-local, shared (CGNAT), reserved or group address.

    An IPv6 address that stands for an IPv4 one (mapped, 6to4, NAT64) is what that one is.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is None:
            return ip.is_global and ip in _IPV6_UNICAST
        ip = inner
    return ip.is_global and not ip.is_multicast
