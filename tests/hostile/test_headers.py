"""What lies in its header is refused before compiled code is loaded, which takes longer to start than all else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIES = ("GLB of twelve bytes", "glTF of an infinite number", "PLY of a negative count", "STL of eighty-three bytes",
        "OFF of four dimensions", "las of four billion points", "e57 of far more points",
        "PNG of more pixels than its bytes can hold", "zip that climbs by backslashes")  # fmt: skip
READS = """
import sys
from pathlib import Path
from scenes.errors import SceneError
from tests.hostile.door import read_as_deposited
for name, path in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        read_as_deposited(Path(path), name)
    except SceneError:
        continue
    print(name, "is read")
print("numba" in sys.modules)
"""


def test_a_lie_in_a_header_is_refused_without_compiled_code(tmp_path: Path) -> None:
    from tests.hostile.corpus import content_of

    words: list[str] = []
    for number, what in enumerate(LIES):
        name, data, _ = content_of(what)
        (tmp_path / str(number)).write_bytes(data)
        words += [name, str(tmp_path / str(number))]
    done = subprocess.run(
        [sys.executable, "-c", READS, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "False\n", done.stdout + done.stderr
