import os
import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import sys
import numpy as np
from pipeline.compiled import njit

@njit
def doubled(values):
    return 2 * values

assert doubled(np.arange(3)).tolist() == [0, 2, 4]
print("scipy.linalg" in sys.modules)
import numba.np.linalg
numba.np.linalg.ensure_blas()
print("scipy.linalg" in sys.modules)
"""


def test_compiled_code_loads_no_scipy_and_who_asks_for_it_still_gets_it() -> None:
    said = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True"]


_FROM_CACHE = """
import sys
import numpy as np
from pipeline.compiled import njit

@njit(cache=True)
def parted(values, least):
    if not len(values):
        raise ValueError("nothing there")
    return values[least:].copy(), (len(values), 0.5)

kept, (count, half) = parted(np.arange(5.0), 3)
assert (kept.tolist(), count, half) == ([3.0, 4.0], 5, 0.5)
print("numba.misc.cffiimpl" in sys.modules, *parted.stats.cache_hits.values())
try:
    parted(np.arange(0.0), 3)
except ValueError as error:
    print(error.args[0])
assert njit(lambda value: value + 1)(2) == 3
assert njit(lambda values: parted(values, 1)[1][0])(np.arange(2.0)) == 2
"""


def test_code_from_the_cache_is_loaded_without_all_that_compiling_takes_and_other_code_is_compiled_after_it(
    tmp_path: Path,
) -> None:
    script = tmp_path / "script.py"
    script.write_text(_FROM_CACHE)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": root}
    said = [
        subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=environment).stdout
        for _ in range(2)
    ]
    assert [each.splitlines() for each in said] == [["True", "nothing there"], ["False 1", "nothing there"]]
