"""The gateway over gRPC: `storyreel.v1.Stories`, and `google.longrunning.Operations` for what takes long.

It is the stories dialect in another encoding: the same parsers, use cases and identities, and errors as google.rpc.Status.
"""
