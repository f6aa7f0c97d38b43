"""The contract of `storyreel.v1` in core terms: what both ends of the wire use to write and read it.

* `methods`: which RPC makes which kind.
* `requests`: core requests to and from request messages.
* `updates`: progress and artifacts to and from response messages.
* `errors`: the tree of `core.errors` to and from `google.rpc.Status`.
"""
