"""Numbers of threads for a worker: a core has one worker, which would gain nothing from more."""

ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment that Polars and NumPy's BLAS read as they load."""
