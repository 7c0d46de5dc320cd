"""Turn the chapters of examples/ into notebooks that have been run, with what they print and draw.

    python tools/notebooks.py build FOLDER

Each examples/NN_name.py becomes FOLDER/NN_name.ipynb: its docstring is the Markdown at the top; the code is cut into cells where a
comment stands after an empty line, behind the imports and before the figure; the picture appears in the notebook instead of in a file.
All cells are run in order, in one namespace, and a chapter that fails ends the work. Running them again needs Vitreous and Jupyter.

The format is nbformat 4.5: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import argparse
import ast
import base64
import contextlib
import io
import json
import re
import sys
import traceback
from itertools import takewhile
from pathlib import Path
from typing import Any

from vitreous.errors import StorageError, VitreousError
from vitreous.storage.atomic import write_atomically

CHAPTERS = Path(__file__).resolve().parents[1] / "examples"
CUT = re.compile(r"\n\n+(?=# |with new_figure)")
IMPORTED, SAVED = "from picture import save_picture\n", "save_picture(figure, __file__)"
SHOWN = """from vitreous.draw.theme import png


class Picture(bytes):
    def _repr_png_(self):  # what a notebook asks for
        return bytes(self)


Picture(png(figure))"""

VALUE = "_value_of_the_cell"

Notebook = dict[str, Any]
Cell = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_subparsers(dest="verb", required=True).add_parser("build").add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    try:
        build(folder)
    except VitreousError as error:
        sys.exit(f"Error: {error}")


def build(folder: Path) -> None:
    """Write the notebooks of all chapters, each one after it has been run.

    Raises StorageError where nothing can be written, VitreousError for a chapter that fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"no notebooks are written to {str(folder)!r}", error.strerror or str(error), "a folder that can be made") from None
    for file in chapters():
        made = notebook(file.read_text(encoding="utf-8"))
        run(made, file.name)
        target = folder / f"{file.stem}.ipynb"
        write_atomically(target, (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode())
        print(target)


def chapters() -> list[Path]:
    """The files of the chapters, in order."""
    return sorted(CHAPTERS.glob("[0-9][0-9]_*.py"))


def notebook(source: str) -> Notebook:
    """The notebook of a chapter, not yet run."""
    tree = ast.parse(source)
    title, _, text = (ast.get_docstring(tree) or "").partition("\n")
    cells: list[Cell] = [{"cell_type": "markdown", "id": "about", "metadata": {}, "source": _lines(f"# {title}\n{_as_markdown(text)}")}]
    for number, part in enumerate(_cells(_after_docstring(source, tree))):
        cell: Cell = {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "execution_count": None, "outputs": [], "source": _lines(part)}
        cells.append(cell)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def run(made: Notebook, name: str) -> None:
    """Run the code cells in order in one namespace and keep their outputs in them. Raises VitreousError where one fails."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, start=1):
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                value = _run_cell("".join(cell["source"]), namespace)
        except (Exception, SystemExit):
            raise VitreousError(f"{name} fails in cell {number} of {len(cells)}", traceback.format_exc().rstrip()) from None
        cell["execution_count"] = number
        if printed.getvalue():
            cell["outputs"].append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
        if value is not None:
            cell["outputs"].append({"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": _shown(value)})


def _after_docstring(source: str, tree: ast.Module) -> str:
    has_docstring = ast.get_docstring(tree) is not None
    return "".join(source.splitlines(keepends=True)[tree.body[0].end_lineno if has_docstring else 0 :])


def _cells(code: str) -> list[str]:
    """The code in parts: the imports, what follows at each comment, the figure, and the picture."""
    code = code.replace(IMPORTED, "").replace(SAVED, "")
    imports = takewhile(lambda node: isinstance(node, (ast.Import, ast.ImportFrom)), ast.parse(code).body)
    end = max((node.end_lineno or 0 for node in imports), default=0)
    lines = code.splitlines(keepends=True)
    parts = ["".join(lines[:end]), *CUT.split("".join(lines[end:])), SHOWN]
    return [part.strip("\n") for part in parts if part.strip()]


def _as_markdown(text: str) -> str:
    """Sources and what to try next stand in lines of their own."""
    return re.sub(r"\n(?=Try next: )", "\n\n", text)


def _run_cell(source: str, namespace: dict[str, Any]) -> Any:
    """The value of the cell's last statement where that is an expression, as a notebook has it; else None."""
    tree = ast.parse(source)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([ast.Name(VALUE, ast.Store())], last.value), last)
    exec(compile(ast.fix_missing_locations(tree), "<cell>", "exec"), namespace)
    return namespace.pop(VALUE, None)


def _shown(value: Any) -> dict[str, Any]:
    if hasattr(value, "_repr_png_"):
        return {"image/png": base64.b64encode(value._repr_png_()).decode(), "text/plain": ["a picture"]}
    return {"text/plain": _lines(repr(value))}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    main()
