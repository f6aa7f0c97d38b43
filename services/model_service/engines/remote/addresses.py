"""Where a download may go: a provider's answer must not make this process read from its own network."""

import asyncio
import ipaddress
import socket

from services.core.errors import EngineFailed, Unavailable


async def public_address(name: str, host: str, port: int) -> str:
    """An address of `host`, to be connected to as it is: asked again, a name server could give another one.

    Raises EngineFailed PEER_PRIVATE_ADDRESS when one of its addresses is not public; Unavailable PEER_UNREACHABLE.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise Unavailable("PEER_UNREACHABLE", engine=name, host=host, problem=str(error)) from error
    addresses = [str(address[0]) for *_, address in found]
    for address in addresses:
        if not _public(address):
            raise EngineFailed("PEER_PRIVATE_ADDRESS", engine=name, host=host, address=address)
    return addresses[0]


def _public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return (ip if inner is None else inner).is_global and not ip.is_multicast
