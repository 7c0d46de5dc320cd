"""The page's server: who may speak with it, what it answers, two windows at once."""

import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pictures_to_label import made

from vitreous.errors import StorageError, UsageError
from vitreous.labelling.server import Served, require_port
from vitreous.labelling.session import Session


@pytest.fixture
def served() -> Iterator[Served]:
    found = Served(Session(made()[0]))
    yield found
    found.close()


def asks(served: Served, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """Status, answer and headers of a request with the right token and Host unless others are given."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if "token" not in path:
        path += f"{'&' if '?' in path else '?'}token={served.guard.token}"
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    if data is not None:
        given.setdefault("Content-Type", "application/json")
    connection.request(method, path, data, given)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    kind = answer.headers.get("Content-Type", "")
    return answer.status, json.loads(content) if "json" in kind else content, dict(answer.headers)


def test_it_listens_on_this_machine_only(served: Served) -> None:
    assert served._server.server_address[0] == "127.0.0.1" and served.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("path", ["/", "/state", "/view", "/small/0", "/whole/0", "/nothing"])
@pytest.mark.parametrize(
    "token", ["token=", "token=x", "token=RIGHT&token=RIGHT", "token=RIGHTx", "tokem=RIGHT", "token=%ff%00", "&".join(["token=a"] * 50)]
)
def test_nothing_is_answered_without_the_token(path: str, token: str, served: Served) -> None:
    status, answer, _ = asks(served, "GET", f"{path}?{token.replace('RIGHT', served.guard.token)}&x=token")
    assert status == 403 and "token" in answer["error"] and served.guard.token not in json.dumps(answer)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:PORT"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Host": "127.0.0.1.evil.example:PORT"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://127.0.0.1:PORT"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_no_step_comes_from_another_page_or_under_another_name(headers: dict[str, str], status: int, served: Served) -> None:
    headers = {name: value.replace("PORT", str(served.port)) for name, value in headers.items()}
    said, answer, answered = asks(served, "POST", "/step", {"do": "label", "pictures": [0], "label": "a"}, **headers)
    assert said == status and answer["error"] and served.session.version == 0
    assert not any(name.lower().startswith("access-control") for name in answered)


def test_the_browser_of_this_machine_is_answered_under_both_of_its_names(served: Served) -> None:
    for name in ("127.0.0.1", "localhost"):
        host = f"{name}:{served.port}"
        status, _, _ = asks(served, "GET", "/state", Host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin")
        assert status == 200


def test_the_page_lets_nothing_else_in(served: Served) -> None:
    status, page, headers = asks(served, "GET", "/")
    policy = headers["Content-Security-Policy"]
    assert status == 200 and b"<title>Label nowhere</title>" in page and b"http://" not in page.replace(b"http://www.w3.org", b"")
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"


def test_a_step_is_answered_with_what_comes_next(served: Served) -> None:
    _, first, _ = asks(served, "GET", "/view")
    shown = [each["number"] for each in first["view"]["pictures"]]
    assert first["view"]["mode"] == "groups" and first["state"]["open"] == 60
    body = {"do": "label", "pictures": shown, "label": "<b>", "by": "w", "since": 0}
    status, answer, _ = asks(served, "POST", "/step", body)
    assert status == 200 and answer["state"]["labelled"] == len(shown) and answer["said"].endswith("<b>")
    assert not {each["number"] for each in answer["view"]["pictures"]} & set(shown)


def test_two_windows_take_turns_and_each_sees_the_other_at_once(served: Served) -> None:
    _, before, _ = asks(served, "GET", "/state")
    seen: list[Any] = []
    other = threading.Thread(target=lambda: seen.append(asks(served, "GET", f"/state?since={before['tick']}")[1]))
    other.start()
    asks(served, "POST", "/step", {"do": "label", "pictures": [0], "label": "a", "by": "one"})
    other.join(5)
    assert seen and seen[0]["labelled"] == 1
    asks(served, "POST", "/step", {"do": "label", "pictures": [0], "label": "b", "by": "two"})
    assert served.session.label_of(0) == "b" and [step["label"] for step in served.session.book.steps] == ["a", "b"]


def test_many_steps_at_once_are_all_there(served: Served) -> None:
    def work(who: int) -> None:
        for number in range(who, 60, 4):
            asks(served, "POST", "/step", {"do": "label", "pictures": [number], "label": f"l{number % 3}", "by": str(who)})

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served.session.labelled == 60 and [step["step"] for step in served.session.book.steps] == list(range(1, 61))


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[]", b'{"do": "label"}', b'{"do": "label", "pictures": {"0": 1}, "label": "a"}', b'{"do": 7, "pictures": [0]}', b"[" * 9000,
     b'{"do": "label", "pictures": [0], "label": {"a": 1}, "since": "x"}', b'{"do": "label", "pictures": [0], "label": ""}'],
)  # fmt: skip
def test_steps_that_mean_nothing_are_refused_in_words(body: bytes, served: Served) -> None:
    status, answer, _ = asks(served, "POST", "/step", body)
    assert status in (400, 409) and answer["error"] and served.session.version == 0


@pytest.mark.parametrize("path", ["/small/60", "/small/-1", "/small/x", "/small/1/2", "/whole/²", "/../etc/passwd", "/small/99999999999", "/nothing"])
def test_there_is_nothing_but_the_pictures(path: str, served: Served) -> None:
    from urllib.parse import quote

    assert asks(served, "GET", quote(path))[0] == 404


def test_a_picture_whose_file_has_gone_is_said(served: Served) -> None:
    status, answer, _ = asks(served, "GET", "/whole/0")
    assert status == 410 and "000.png" in answer["error"]


@pytest.mark.parametrize("size", ["4000001", "-1", "x", "", "²"])
def test_a_step_says_how_long_it_is_and_is_not_long(size: str, served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 5) as plain:
        head = f"POST /step?token={served.guard.token} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Length: {size}\r\n\r\n"
        plain.sendall(head.encode("utf-8"))
        assert b" 413 " in plain.recv(200)


def test_what_could_not_be_saved_is_said_and_has_not_happened(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise StorageError("cannot write x.jsonl", "the disk is full")

    monkeypatch.setattr(served.session, "step", full)
    status, answer, _ = asks(served, "POST", "/step", {"do": "label", "pictures": [0], "label": "a"})
    assert status == 507 and answer["error"].startswith("Not saved: cannot write x.jsonl: the disk is full")


def test_a_port_that_is_taken_is_said(served: Served) -> None:
    for call in (lambda: require_port(served.port), lambda: Served(served.session, served.port)):
        with pytest.raises(UsageError, match="another program listens there"):
            call()


def test_finish_ends_it(served: Served) -> None:
    assert asks(served, "POST", "/finish", {})[0] == 200 and served.finished.wait(30)
