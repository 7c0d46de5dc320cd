"""Where an index lies: in the user's cache folder under a name made of what it is of, unless it was named."""

import json
from hashlib import blake2b
from pathlib import Path

from vitreous.errors import StorageError
from vitreous.retrieval.layout import About
from vitreous.storage.cache import cache_folder


def place_of(about: About) -> Path:
    """Raises StorageError where there is no cache folder."""
    folder = cache_folder("indexes")
    if folder is None:
        raise StorageError("no index can be kept", "the cache folder cannot be written", remedy="name a folder for it with --index PATH")
    of = {name: value for name, value in about.to_json().items() if name not in ("net", "size", "network")}
    digest = blake2b(json.dumps(of, sort_keys=True).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    name = "".join(letter if letter.isalnum() else "-" for letter in Path(about.folder).name)[:40] or "root"
    return folder / f"{name}-{digest}"
