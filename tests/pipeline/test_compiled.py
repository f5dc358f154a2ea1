import subprocess
import sys

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
