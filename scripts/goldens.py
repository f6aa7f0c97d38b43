"""Renew the golden pictures and say what changed: `python -m scripts.goldens`."""

import tempfile
from pathlib import Path

import cv2

from tests.goldens.gallery import FOLDER, GALLERY, distance, kept, paint

_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 9)


def main() -> None:
    for path in sorted(FOLDER.glob("*.png")):
        if path.stem not in GALLERY:
            path.unlink()
            print(f"{path.stem:24} removed: no request makes it any more")
    total = 0
    for name, request in GALLERY.items():
        with tempfile.TemporaryDirectory() as folder:
            picture = paint(request, Path(folder))
        before = kept(name)
        path = FOLDER / f"{name}.png"
        if before is None:
            verdict = "new"
        else:
            apart = distance(before, picture)
            verdict = "as before" if apart.same else "CHANGED, look at it"
            verdict += f" (colour {apart.colour:.2f}, worst {apart.worst:.1f}, form {apart.form:.3f}, torn {apart.torn:.2f})"
        cv2.imwrite(str(path), picture, _PNG)
        total += path.stat().st_size
        print(f"{name:24} {verdict}")
    print(f"{len(GALLERY)} pictures, {total / 1024:.0f} KB in {FOLDER}")


if __name__ == "__main__":
    main()
