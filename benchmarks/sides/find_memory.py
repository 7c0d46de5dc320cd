"""What an exact search of one index holds in memory beside its mapped files: prints {"anonymous_mb": …, "rows": …}.

usage: python find_memory.py INDEX QUERIES
"""

import json
import sys
from pathlib import Path

import numpy as np

from vitreous.retrieval import open_index


def main() -> None:
    index = open_index(Path(sys.argv[1]))
    index.nearest(np.asarray(index.rows.vectors[: int(sys.argv[2])]), 20)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))
    print(json.dumps({"anonymous_mb": kilobytes / 1024, "rows": len(index.rows)}))


if __name__ == "__main__":
    main()
