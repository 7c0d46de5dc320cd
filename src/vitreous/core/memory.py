"""Whether an error says that memory ran out: Python, torch and OpenVINO each say it in their own way."""

_WORDS = ("can't allocate memory", "not enough memory", "out of memory", "cannot allocate memory", "bad_alloc")


def is_memory_error(error: BaseException) -> bool:
    """
    >>> is_memory_error(MemoryError()), is_memory_error(RuntimeError("can't allocate memory")), is_memory_error(RuntimeError("x"))
    (True, True, False)
    """
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _WORDS))
