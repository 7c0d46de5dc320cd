"""The modules of a page as one script."""

import re
from importlib.resources import files
from typing import Any

import pytest

from vitreous.draw import program

PAGES = {"vitreous.inside.page": "main", "vitreous.labelling.page": "main", "vitreous.retrieval.map.page": "main", "vitreous.report": "suspects"}


def test_two_modules_of_one_page_may_not_use_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"main": 'import { a } from "./other.js";\nexport function twice() {}\n', "other": "function twice() {}\nexport const a = 1;\n"}
    monkeypatch.setattr(program, "source", lambda module, package: texts[module])
    with pytest.raises(ValueError, match=r"twice stands in other\.js and in main\.js"):
        program.script("a page of a test")


@pytest.mark.parametrize("package", PAGES)
def test_a_program_has_no_import_and_every_module_once(package: str) -> None:
    text = program.script(package, PAGES[package])
    assert not re.search(r"^\s*(?:import|export)\b", text, re.MULTILINE)
    own = [file for file in (files(package) / "js").iterdir() if file.name.endswith(".js")]
    for file in [*own, files(program.SHARED) / "js" / "dom.js"]:
        if file.name != "types.js":  # types alone
            pattern = r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)"
            first: Any = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
            assert len(re.findall(rf"^(?:async )?(?:function\*?|class|const|let) {first[1]}\b", text, re.MULTILINE)) == 1, file
