"""The compiled extensions and their flags; everything else is in pyproject.toml."""

import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

# -O3 because -O2 does not vectorise the block kernels; without errno and traps the compiler may
# vectorise sqrt and turn branches into blends. Never -ffast-math: the kernel's header refuses it.
# Without the debug information that Python's own flags ask for, which costs a fifth of the time to compile.
FLAGS = ["/O2"] if sys.platform == "win32" else ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math"]


def extension(name: str) -> Extension:
    """Return the compiled module of one .pyx, rebuilt when any header changes."""
    return Extension(
        f"gex.pricing.{name}",
        [f"pricing/{name}.pyx"],
        depends=sorted(map(str, Path("pricing").glob("*.h"))),
        include_dirs=["pricing"],
        extra_compile_args=FLAGS,
    )


# Bytes of long files, looked at once.
TAIL = Extension("gex.ingest.trades._tail", ["ingest/trades/_tail.pyx"], extra_compile_args=FLAGS)

# The rules for sides compare sums of products with prices: fused, a tie would fall one way on one machine.
SIDES = Extension(
    "gex.microstructure._sides",
    ["gex/microstructure/_sides.pyx"],
    extra_compile_args=FLAGS if sys.platform == "win32" else [*FLAGS, "-ffp-contract=off"],
)

setup(
    ext_modules=cythonize([*(extension(name) for name in ("_kernel", "_rows", "_american", "_cash")), SIDES, TAIL]),
    options={"build_ext": {"parallel": True}},  # as many at once as there are processors
)
