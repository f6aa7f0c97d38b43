"""Where a download may go: a provider's answer must not make this process read from its own network."""

from services.adapters.addresses import PrivateAddress, resolve_public
from services.core.errors import EngineFailed, Unavailable


async def public_address(name: str, host: str, port: int) -> str:
    """An address of `host`, to be connected to as it is.

    Raises EngineFailed PEER_PRIVATE_ADDRESS when one of its addresses is not public; Unavailable PEER_UNREACHABLE.
    """
    try:
        return (await resolve_public(host, port))[0]
    except PrivateAddress as error:
        raise EngineFailed("PEER_PRIVATE_ADDRESS", engine=name, host=host, address=error.address) from error
    except OSError as error:
        raise Unavailable("PEER_UNREACHABLE", engine=name, host=host, problem=str(error)) from error
