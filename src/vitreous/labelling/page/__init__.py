"""The page of a labelling: one HTML file with its style and program, and a policy that lets in nothing but the server's own answers."""

from vitreous.draw.own_page import OwnPage

_PAGE = OwnPage("vitreous.labelling.page", "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'")


def page(title: str) -> bytes:
    """The HTML file, UTF-8. `title` is shown as text."""
    return _PAGE.filled(policy="", title=f"Label {title}", name=title)


def policy() -> str:
    """What the page may load and ask: its own style and program, pictures and answers of its server."""
    return _PAGE.policy
