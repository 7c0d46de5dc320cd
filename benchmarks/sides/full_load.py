"""How many pictures a second a network answers at full load: one loop for every side that is compared."""

import time
from collections.abc import Callable


def pictures_per_second(submit: Callable[[], object], batch: int, lasting: float, finish: Callable[[], object] = lambda: None) -> float:
    """`submit` takes `batch` pictures, and may return before they are done but waits while there is no room for more; it is called again and
    again for `lasting` seconds. `finish` waits for those that are not done, which counts."""
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < lasting:
        submit()
        done += batch
    finish()
    return done / (time.perf_counter() - start)
