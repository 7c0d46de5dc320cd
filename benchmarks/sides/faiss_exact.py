"""What faiss finds exactly by cosine: reads gallery.npy and queries.npy (features float32) of a folder, writes order.npy, all rows for each query.

usage: python faiss_exact.py FOLDER
"""

import json
import sys
from pathlib import Path

import faiss
import numpy as np


def main() -> None:
    folder = Path(sys.argv[1])
    gallery, queries = (np.load(folder / f"{name}.npy") for name in ("gallery", "queries"))
    for values in (gallery, queries):
        faiss.normalize_L2(values)
    index = faiss.IndexFlatIP(gallery.shape[1])
    index.add(gallery)
    np.save(folder / "order.npy", index.search(queries, len(gallery))[1])
    print(json.dumps({"faiss": faiss.__version__}))


if __name__ == "__main__":
    main()
