"""Makes configs/data/digits.npz from the digits.csv.gz that scikit-learn's package carries.

Usage: python scripts/make_digits.py DIGITS_CSV_GZ [OUTPUT]

Requirements:

- Needs NumPy alone; scikit-learn is no dependency, its wheel is only the place where the file lies.
- The same input gives the same bytes on every machine: members are stored, not deflated (compressors differ), under
  a fixed time, and the split is drawn by `RandomState`, whose stream NumPy has frozen.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

SEED = 0
CLASSES = 10
OUTPUT = Path(__file__).parent.parent / "configs" / "data" / "digits.npz"


def read(source: Path) -> tuple[np.ndarray, np.ndarray]:
    """The images, uint8 of shape (n, 8, 8), and their labels, int64 of shape (n,); the label is the last column."""
    table = np.loadtxt(source, delimiter=",", dtype=np.float64)
    whole = table.astype(np.int64)
    if table.shape[1] != 65 or not np.array_equal(table, whole):
        raise ValueError(f"{source}: 64 pixels and a label a row, all whole numbers, are expected")
    return whole[:, :64].reshape(-1, 8, 8).astype(np.uint8), whole[:, 64]


def stratified_fifth(labels: np.ndarray, seed: int = SEED) -> np.ndarray:
    """Sorted indices of a random fifth of every class, rounded to the nearest whole number."""
    random = np.random.RandomState(seed)
    chosen = []
    for digit in range(CLASSES):
        members = np.flatnonzero(labels == digit)
        count = (len(members) + 2) // 5
        chosen.append(random.permutation(members)[:count])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def write(target: Path, arrays: dict[str, np.ndarray]) -> None:
    """An npz file whose bytes depend on the arrays alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, content.getvalue())


def main(arguments: list[str]) -> int:
    """Converts, and says what the file's digest is."""
    if len(arguments) not in (1, 2):
        sys.stderr.write("usage: make_digits.py DIGITS_CSV_GZ [OUTPUT]\n")
        return 2
    target = Path(arguments[1]) if len(arguments) == 2 else OUTPUT
    images, labels = read(Path(arguments[0]))
    write(target, {"images": images, "labels": labels, "held_out": stratified_fifth(labels)})
    sys.stdout.write(f"{target}: sha256 {hashlib.sha256(target.read_bytes()).hexdigest()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
