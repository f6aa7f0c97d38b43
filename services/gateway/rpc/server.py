"""The gRPC server: both services, health and reflection, and an orderly end."""

from google.longrunning import operations_pb2_grpc
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from storyreel.v1 import stories_pb2_grpc

from services.core.errors import Unavailable
from services.gateway.rpc.interceptor import CallInterceptor
from services.gateway.rpc.operations import Operations
from services.gateway.rpc.stories import Stories
from services.gateway.wiring import Wiring

OPERATIONS = "google.longrunning.Operations"
STORIES = "storyreel.v1.Stories"

_SERVING = health_pb2.HealthCheckResponse.SERVING


class RpcServer:
    """Serves from `start` to `stop`. `port` is the one that it listens on."""

    def __init__(self, wired: Wiring) -> None:
        self.port = 0
        self._listen = wired.settings.gateway_grpc_listen
        options = [
            # Two processes on one port would share its calls at random; better the second one fails.
            ("grpc.so_reuseport", 0),
            # One request may hold a whole story, and no more than REST takes.
            ("grpc.max_receive_message_length", wired.settings.max_body_bytes),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ]
        self._server = aio.server(interceptors=[CallInterceptor(wired.metrics)], options=options)
        self._healths = health.aio.HealthServicer()
        operations_pb2_grpc.add_OperationsServicer_to_server(Operations(wired), self._server)
        stories_pb2_grpc.add_StoriesServicer_to_server(Stories(wired), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._healths, self._server)
        reflection.enable_server_reflection([OPERATIONS, STORIES, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)

    async def start(self) -> None:
        """Raises Unavailable CANNOT_LISTEN."""
        try:
            self.port = self._server.add_insecure_port(self._listen)
        except RuntimeError as error:
            raise Unavailable("CANNOT_LISTEN", address=self._listen) from error
        await self._server.start()
        for name in ("", OPERATIONS, STORIES):
            await self._healths.set(name, _SERVING)

    async def stop(self, grace: float) -> None:
        """Take no more calls; those that run get `grace` seconds. Waits end with the hub, which is closed before."""
        await self._healths.enter_graceful_shutdown()
        await self._server.stop(grace)


async def start_rpc(wired: Wiring) -> RpcServer:
    """A server that serves. Raises Unavailable CANNOT_LISTEN."""
    server = RpcServer(wired)
    await server.start()
    return server
