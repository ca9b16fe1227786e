"""What most jobs need, loaded once by a fork server for all its workers.

The numbers of threads come first: Polars and NumPy's BLAS read them as they load. A core has one worker, which would
gain nothing from more, and a process that has threads must not fork.
"""

import os

ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ.update(ONE_THREAD)

import gex.analysis  # noqa: E402 (after the environment)
import gex.ingest.read  # noqa: E402, F401
