"""What cleanvision finds in a folder, one process, its own settings: prints {"seconds": …, "found": {file: [issue, …]}, "cleanvision": version}.

usage: python cleanvision_look.py FOLDER
"""

import contextlib
import io
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from cleanvision import Imagelab


def main() -> None:
    folder = Path(sys.argv[1])
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        lab = Imagelab(data_path=str(folder))
        lab.find_issues(verbose=False)
    seconds = time.perf_counter() - start
    flags = lab.issues.filter(regex="^is_.*_issue$")
    names = [column.removeprefix("is_").removesuffix("_issue") for column in flags.columns]
    found = {
        str(Path(path).relative_to(folder)): [name for name, flag in zip(names, row, strict=True) if flag]
        for path, row in zip(flags.index, flags.to_numpy(), strict=True)
    }
    print(
        json.dumps({"seconds": seconds, "found": {path: issues for path, issues in found.items() if issues}, "cleanvision": version("cleanvision")})
    )


if __name__ == "__main__":
    main()
