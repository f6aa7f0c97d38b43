"""The C library's allocator, set for a process whose threads allocate and free whole pictures.

As it comes, glibc gives every thread an arena of its own and keeps freed megabytes for later, so that a service which is never
busy with more than a few pictures at once holds the memory of many.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Names of `mallopt` (mallopt(3), malloc.h)."""
_KEPT = 8 << 20
_LARGE = 1 << 20
"""Bytes from which on a block is a mapping of its own, given back when it is freed. Setting it stops glibc from raising it."""
_ARENAS = 2


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libc.so.6")
    except OSError:
        return None
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None


def return_what_is_freed() -> None:
    """Call before threads are started. Does nothing where the C library is not glibc."""
    glibc = _glibc()
    if glibc is not None:
        for name, value in ((_ARENA_MAX, _ARENAS), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _KEPT)):
            glibc.mallopt(name, value)


def give_back() -> None:
    """Return to the system what lies free among what is used: after something large has been done. Takes milliseconds."""
    glibc = _glibc()
    if glibc is not None:
        glibc.malloc_trim(0)
