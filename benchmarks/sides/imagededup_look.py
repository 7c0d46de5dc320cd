"""What imagededup finds in a folder, one process, its own settings (DCT hash, at most 10 of 64 bits apart): prints
{"seconds": …, "groups": {file: [file, …]}, "imagededup": version}.

usage: python imagededup_look.py FOLDER
"""

import contextlib
import io
import json
import logging
import sys
import time
from importlib.metadata import version

from imagededup.methods import PHash


def main() -> None:
    logging.disable()
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = PHash().find_duplicates(image_dir=sys.argv[1])
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "groups": {name: same for name, same in found.items() if same}, "imagededup": version("imagededup")}))


if __name__ == "__main__":
    main()
