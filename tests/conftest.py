"""For every test of the project: what each would pay again is paid once, or not at all.

No certificate authorities are read: every peer is on loopback and speaks plain HTTP, and each client that reads the
authorities takes 50 ms or more of a core. What collection makes stays until the end: the garbage collector does not look at it.
"""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest

os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)  # holds none


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
