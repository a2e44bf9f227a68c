"""Write all vectors anew: `python -m tests.spec.vectors`."""

from __future__ import annotations

from tests.spec.vectors.files import FOLDER, all_files


def main() -> None:
    """Write every vector's file; delete the ones that no case makes any more."""
    files = all_files()
    for old in FOLDER.glob("*/*.json"):
        if str(old.relative_to(FOLDER)) not in files:
            old.unlink()
    for name, text in files.items():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    print(f"{len(files)} vectors")


main()
