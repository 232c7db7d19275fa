"""Compile the walk where Cython and a C compiler are; install it as it is where they are not."""

from __future__ import annotations

import os
import sys

from setuptools import setup

WALK = ("avl", "brackets", "datagrams", "frames", "packets", "watch")
UNROLLED = ("avl", "frames")  # loops over columns and words; the others have long bodies and lose


def extensions() -> list[object]:
    """The walk's modules as optional extensions; none with GPSPROTO_PURE=1 or without Cython."""
    if os.environ.get("GPSPROTO_PURE") == "1":
        return []
    try:
        from Cython.Build import cythonize
        from setuptools import Extension
    except ImportError:
        print("Cython is not installed: the walk will run interpreted", file=sys.stderr)
        return []
    flags = [] if sys.platform == "win32" else ["-O3"]
    unrolled = [] if sys.platform == "win32" else ["-funroll-loops"]
    made = cythonize(
        [
            Extension(
                f"gpsproto.walk.{name}",
                [f"src/gpsproto/walk/{name}.py"],
                extra_compile_args=flags + (unrolled if name in UNROLLED else []),
            )
            for name in WALK
        ],
        build_dir="build/cython",
        annotate=os.environ.get("GPSPROTO_ANNOTATE") == "1",
        compiler_directives={
            "language_level": 3,
            # every length is checked before it is used; GPSPROTO_CHECKED=1 builds the second belt
            "boundscheck": os.environ.get("GPSPROTO_CHECKED") == "1",
        },
    )
    for extension in made:
        # set here: cythonize makes extensions anew and lets this one go
        extension.optional = True
    return made


setup(ext_modules=extensions())
