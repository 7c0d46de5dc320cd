"""What every test gets: a cache of its own, no network, and the data beside the checkout where there is any."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images that lies beside a checkout; without it, the tests that need it are left out."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs ../shared/data beside the checkout")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, empty for each test, also for the processes that it starts."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("VITREOUS_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Any:
    """Whatever leaves this machine fails, so a test that would need a network is seen at once."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, method, _only_here(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", _only_names_of_here(socket.getaddrinfo))
        yield


def _only_here(original: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if self.family != getattr(socket, "AF_UNIX", None) and not _is_here(address[0]):
            raise RuntimeError(f"a test may not use the network: {address!r}")
        return original(self, *arguments)

    return method


def _only_names_of_here(original: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_here(host):
            raise RuntimeError(f"a test may not look up a name: {host!r}")
        return original(host, *arguments, **options)

    return getaddrinfo


def _is_here(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    return name is None or name in ("", "localhost", "::1") or name.startswith("127.")
