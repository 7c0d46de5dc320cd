"""The project around the code: what is declared, what the wheel holds, and that each check of `make check` can fail."""

import ast
import importlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
# What a distribution is called where its module is called otherwise.
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}


def declared() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~ \[]", requirement)[0] for requirement in requirements}


def imported() -> set[str]:
    """The distributions that the sources import anywhere, without the standard library."""
    modules: set[str] = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.split(".")[0])
    return {DISTRIBUTIONS.get(module, module) for module in modules - sys.stdlib_module_names - {"vitreous"}}


def test_the_base_has_no_torch() -> None:
    assert not names(declared()["dependencies"]) & {"torch", "torchvision", "timm"}


def test_everything_that_is_imported_is_declared() -> None:
    # openvino_telemetry is named only to keep it out; IPython is there where a notebook is; jaxtyping is imported by type checkers alone
    extras = declared()["optional-dependencies"]
    optional = names(extras["train"] + extras["parquet"] + extras["search"]) | {"openvino_telemetry", "IPython", "jaxtyping"}
    assert imported() <= names(declared()["dependencies"]) | optional


def test_the_index_has_every_decision_in_order() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert re.findall(r"decisions/([\w-]+\.md)", index) == sorted(page.name for page in (ROOT / "docs" / "decisions").glob("*.md"))


def test_every_dependency_is_accounted_for() -> None:
    page = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8")
    for name in names(declared()["dependencies"]):
        assert f"\n| {name} |" in page, name


@pytest.mark.slow
def test_the_wheel_holds_the_network_the_photos_and_the_licences(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the build needs hatchling: pip install -e .[dev]")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 16_000_000
    files = zipfile.ZipFile(wheel).namelist()
    for relative in ("infer/weights/efficientnet_lite0.onnx", "infer/weights/efficientnet_lite0.json", "samples/clothing/LICENSE", "data/samples.py"):
        assert f"vitreous/{relative}" in files
    assert sum(file.startswith("vitreous/samples/clothing/") and file.endswith(".jpg") for file in files) == 200
    licences = {file.split("/licenses/")[1] for file in files if "/licenses/" in file}
    assert licences == {"LICENSE", "NOTICE", "src/vitreous/samples/clothing/LICENSE"}
    assert all(file.startswith(("vitreous/", "vitreous-")) and not file.endswith(".pyc") for file in files)


def test_the_tests_reach_nothing_but_this_machine() -> None:
    with socket.socket() as listening, socket.socket() as calling:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        calling.connect(listening.getsockname())
    with socket.socket() as calling, pytest.raises(RuntimeError, match="may not use the network"):
        calling.connect(("192.0.2.1", 80))  # an address for documentation, RFC 5737
    with pytest.raises(RuntimeError, match="may not look up a name"):
        socket.create_connection(("example.org", 80))


# A file of a package, what it imports, and the words of the contract that this breaks; None where it is allowed.
IMPORTS = [
    ("core/wrong.py", "import vitreous.data", "Imports go down only"),
    ("metrics/wrong.py", "import vitreous.data", "Imports go down only"),
    ("nowhere/__init__.py", "", "Imports go down only"),
    ("data/wrong.py", "import torch", "knows torch"),
    ("tasks/classify/wrong.py", "import torch", "knows torch"),
    ("data/wrong.py", "import openvino.properties", "knows OpenVINO"),
    ("data/wrong.py", "from onnx import helper", "knows ONNX"),
    ("nets/lenet.py", "import torch.nn", None),
    ("tasks/classify/net.py", "import torch", None),
    ("infer/right.py", "import openvino, onnx", None),
    ("fit/right.py", "import onnx", None),
]


@pytest.mark.slow
@pytest.mark.parametrize(("place", "statement", "broken"), IMPORTS)
def test_the_import_contracts_allow_what_is_meant_and_nothing_else(tmp_path: Path, place: str, statement: str, broken: str | None) -> None:
    pytest.importorskip("importlinter", reason="the contracts need import-linter: pip install -e .[dev]")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "vitreous"
    for name in ("core", "data", "errors", Path(place).parent.as_posix()):
        (package / name).mkdir(parents=True, exist_ok=True)
    (package / place).write_text(statement + "\n")
    for folder in (package, *(path for path in package.rglob("*") if path.is_dir())):
        (folder / "__init__.py").touch()
    script = "import sys; from importlinter.cli import lint_imports_command; sys.path.insert(0, '.'); lint_imports_command(['--no-cache'])"
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if broken else 0), done.stdout + done.stderr
    kept = re.findall(r"^(.*) KEPT", done.stdout, re.MULTILINE)
    failed = re.findall(r"^(.*) BROKEN", done.stdout, re.MULTILINE)
    assert len(kept) + len(failed) == 4
    assert [broken in line for line in failed] == [True] if broken else not failed


PAGES = {
    "a link to no file": ("[x](missing.md)", "leads to no file"),
    "a picture that is not there": ("![x](missing.png)", "leads to no file"),
    "a link to no heading": ("[x](other.md#nothing)", "leads to no heading"),
    "a link to no heading of the page itself": ("[x](#nothing)", "leads to no heading"),
    "a named file that is not there": ("see `src/vitreous/missing.py`", "is named and is not there"),
}


@pytest.mark.parametrize("case", PAGES)
def test_the_check_of_the_documentation_finds(tmp_path: Path, case: str) -> None:
    text, complaint = PAGES[case]
    done = check_documentation(tmp_path, text)
    assert done.returncode == 1
    assert done.stderr.startswith("README.md: ")
    assert complaint in done.stderr


def test_the_check_of_the_documentation_finds_a_page_without_a_link(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lonely.md").write_text("# Lonely\n")
    assert check_documentation(tmp_path, "").stderr == "docs/lonely.md: no page links to it\n"


def test_the_check_of_the_documentation_passes_what_is_right(tmp_path: Path) -> None:
    text = "[a](other.md#two-words) [b](https://example.org/missing) [c](tools/docs.py) `tools/docs.py` `docs/decisions/NNNN-title.md` `a/b`"
    done = check_documentation(tmp_path, text)
    assert (done.returncode, done.stdout) == (0, "2 pages, 4 links: all there\n")


def check_documentation(root: Path, text: str) -> "subprocess.CompletedProcess[str]":
    (root / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "docs.py", root / "tools")
    (root / "README.md").write_text(f"# Title\n[other](other.md)\n{text}\n")
    (root / "other.md").write_text("# Other\n## Two *words*\n")
    return subprocess.run([sys.executable, str(root / "tools" / "docs.py"), "check"], capture_output=True, text=True, check=False)


def schema_errors(name: str, value: Any) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def test_every_option_of_every_command_is_documented() -> None:
    from vitreous.cli import VERBS

    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    sections = {section.split()[1]: section for section in page.split("\n## vitreous")[1:] for section in [f"vitreous {section}"]}
    for verb in VERBS:
        command = importlib.import_module(f"vitreous.cli.{verb}").command
        names = {name for option in command.params for name in option.opts if name.startswith("--")}
        missing = sorted(name for name in names if f"`{name}" not in sections[verb])
        assert not missing, f"{verb}: {missing}"


def test_the_documented_lines_of_predict_fit_its_schema() -> None:
    page = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    lines = [json.loads(line) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert schema_errors("predict", line) == []


EVALUATION = {
    "num_images": 2,
    "accuracy": 0.5,
    "accuracy_interval": [0.09, 0.91],
    "balanced_accuracy": 0.5,
    "macro_f1": 0.33,
    "log_loss": 0.7,
    "calibration_error": 0.1,
    "classes": [{"label": "a", "num_images": 2, "precision": None, "recall": 0.5, "f1": 0, "average_precision": 1.0}],
    "left_out": [{"image": "b.jpg", "reason": "it is empty"}],
}


def test_the_schema_of_evaluate_takes_an_evaluation_and_misses_each_field() -> None:
    assert schema_errors("evaluate", EVALUATION) == []
    for name in EVALUATION:
        assert schema_errors("evaluate", {key: value for key, value in EVALUATION.items() if key != name}), name


def test_the_catalogue_and_the_inside_of_a_network_fit_their_schemas() -> None:
    from click.testing import CliRunner

    from vitreous.cli.nets import command as nets
    from vitreous.cli.see import command as see

    lines = CliRunner().invoke(nets, ["--json"]).output.splitlines()
    assert len(lines) >= 20 and not any(schema_errors("nets", json.loads(line)) for line in lines)
    photo = min((ROOT / "src" / "vitreous" / "samples" / "clothing").rglob("*.jpg"))
    assert schema_errors("see", json.loads(CliRunner().invoke(see, [str(photo), "--json"]).output)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nets", {"name": "lenet"}),
        ("see", {"image": "a.jpg", "width": 0, "height": 1, "view": {}, "answers": [], "stages": []}),
        ("predict", {"image": "a.jpg"}),
        ("predict", {"image": "a.jpg", "answers": [], "error": "x"}),
        ("predict", {"image": "a.jpg", "answers": [{"label": "a", "confidence": 1.2}]}),
        ("evaluate", EVALUATION | {"accuracy": 50}),
        ("evaluate", EVALUATION | {"accuracy_interval": [0.1]}),
        ("train", {}),
    ],
)
def test_what_is_not_as_documented_is_refused_by_the_schema(name: str, value: Any) -> None:
    assert schema_errors(name, value)
