"""Where the picture of a chapter goes: into the folder given on the command line, else into a new temporary one."""

import sys
import tempfile
from pathlib import Path

from vitreous.draw.theme import png
from vitreous.errors import StorageError, VitreousError
from vitreous.storage.atomic import write_atomically


def save_picture(figure, chapter):
    """Write `figure` as NN_name.png for the file `chapter`, examples/NN_name.py, and say where it is."""
    try:
        file = _folder(sys.argv[1:]) / f"{Path(chapter).stem}.png"
        write_atomically(file, png(figure))
    except VitreousError as error:
        sys.exit(f"Error: {error}")
    print(f"\nThe picture is {file}.")


def _folder(arguments):
    if not arguments:
        return Path(tempfile.mkdtemp(prefix="vitreous-"))
    folder = Path(arguments[0])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write into {str(folder)!r}", error.strerror or str(error), "a folder that can be made", "name another") from None
    return folder
