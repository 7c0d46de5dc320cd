"""Who may speak with the page's server: this machine's own browser, with the token, from the page itself.

The server listens on 127.0.0.1 alone. That keeps other machines out, but no page of another site that the same browser has open:
    token     128 random bits in the address, compared in constant time, in every request
    Host      a name of this machine: a site whose name was turned to 127.0.0.1 (DNS rebinding) comes with its own name
    Origin    where a browser says from which page it asks, that is this one; no permission is ever given to others (CORS)
"""

import hmac
import secrets
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qs, urlsplit

NAMES = ("127.0.0.1", "localhost")


def new_token() -> str:
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Guard:
    """`refusal` says why a request is not answered; None where it is."""

    port: int
    token: str = field(default_factory=new_token, repr=False)

    @property
    def hosts(self) -> set[str]:
        return {f"{name}:{self.port}" for name in NAMES} | (set(NAMES) if self.port == 80 else set())

    def refusal(self, target: str, headers: Message, writes: bool) -> tuple[int, str] | None:
        """The status and the reason for a request of `target`, a path with its query; `writes` where it changes something."""
        hosts = headers.get_all("Host") or []
        if len(hosts) != 1 or str(hosts[0]).strip().lower() not in self.hosts:
            return 421, f"this server answers to {' and '.join(sorted(self.hosts))} only"
        origin = headers.get("Origin")
        if origin is not None and origin.strip().lower() not in {f"http://{host}" for host in self.hosts}:
            return 403, "the request comes from another page"
        if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return 403, "the request comes from another page"
        if not self._is_right(target):
            return 403, "the token is missing or wrong; open the address that vitreous label has shown"
        if writes and headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
            return 415, "steps are sent as application/json"
        return None

    def _is_right(self, target: str) -> bool:
        try:
            given = parse_qs(urlsplit(target).query, max_num_fields=20).get("token", [""])
        except ValueError:
            return False
        return len(given) == 1 and hmac.compare_digest(given[0].encode("utf-8", "surrogatepass"), self.token.encode())
