"""Generate the Python code of `protos/`, or with `--check` say whether what is committed is what would be generated."""

import argparse
import filecmp
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
GOOGLES = ROOT / "third_party"
"""Google's protos that ours import; their generated code comes with googleapis-common-protos."""
BIN = Path(sys.executable).parent


def generate(to: Path) -> None:
    """Write `*_pb2.py`, `*_pb2_grpc.py` and their stubs under `to`. Exits with protoc's status when it fails."""
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    arguments = [
        "protoc",
        f"-I{PROTOS}",
        f"-I{GOOGLES}",
        f"-I{Path(protoc.__file__).parent / '_proto'}",
        f"--plugin=protoc-gen-mypy={BIN / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={BIN / 'protoc-gen-mypy_grpc'}",
        f"--python_out={to}",
        f"--grpc_python_out={to}",
        f"--mypy_out=quiet:{to}",
        f"--mypy_grpc_out=quiet:{to}",
        *sources,
    ]
    status = protoc.main(arguments)
    if status:
        sys.exit(status)


def main() -> None:
    """Generate, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        generate(PROTOS)
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = sorted(path.relative_to(folder) for path in Path(folder).rglob("*_pb2*"))
        there = sorted(path.relative_to(PROTOS) for path in PROTOS.rglob("*_pb2*") if "__pycache__" not in path.parts)
        stale = [
            str(path) for path in fresh if path in there and not filecmp.cmp(Path(folder) / path, PROTOS / path, shallow=False)
        ]
        stale += [str(path) for path in set(fresh) ^ set(there)]
    if stale:
        sys.exit(f"Generated code is not current: {', '.join(sorted(stale))}. Run `make protos` and commit the result.")


if __name__ == "__main__":
    main()
