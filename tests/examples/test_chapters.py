"""Each chapter says what it promises, with numbers that others published or that follow by hand, and draws a picture.

A chapter is run as its reader runs it: `python examples/NN_name.py FOLDER`, in a process of its own.
"""

import base64
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CHAPTERS = sorted(EXAMPLES.glob("[0-9][0-9]_*.py"))
NAMES = [file.stem for file in CHAPTERS]

# What stands in the output, word by word. Sources: truth tables; the slides' arithmetic; the paper's counts for LeNet's first layer.
PROMISED = {
    "01_neuron": ["NOT of 0 and 1: 1 0", "AND of 00, 01, 10, 11: 0 0 0 1", "XOR of 00, 01, 10, 11: 0 1 1 0", "14 of the 16", "0110 1001"],
    "02_perceptron": ["XOR: 2 mistakes at least", "a circle"],
    "05_linear_classifier": ["[-96.8, 437.9, 60.75]", "61.95", "the answer is dog"],
    "07_softmax": ["[24.53, 164.02, 0.18]", "[0.13, 0.87, 0.0]", "2.04", "0.89", "hinge loss  2.90", "hinge loss 12.90", "hinge loss  5.27"],
    "08_network": ["of 20 random starts learn XOR"],
    "09_convolution": ["      156 weights", "  122,304 weights", "4,821,600 weights", "factor of 784"],
    "10_pooling": [
        "max-pool: [[6, 8], [3, 4]]",
        "average-pool: [[3.25, 5.25], [2.0, 2.0]]",
        "[[0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1]]",
    ],
    "11_chain_rule": ["f = 0.7311", *(f"{d:+.6f}   {d:+.6f}   {d:+.6f}" for d in (-0.196612, 0.393224, -0.393224, -0.589836, 0.196612))],
    "12_lenet": ["360 new digits"],
    "13_history": ["perceptron 1958", "LeNet 1998"],
    "14_three_ways": ["told the label", "told right or wrong", "told nothing"],
    "15_descent": ["    10 steps", "   230 steps", " 3,570 steps"],  # 357 pictures, ten passes
    "17_depth": ["log 10 = 2.30"],
    "18_elephant": ["4 complex numbers", "degree 11: error 0.000 on the 12 training points"],
    # Above 2^8 and 2^11 the numbers of bf16 and fp16 are 2 apart
    "21_augmentation": ["100 digits learned from", "they change what pictures mean"],
    "22_cnn_on_digits": ["of 360 digits are read wrong"],
    "23_dropout_and_weight_decay": ["less in 10"],  # more digits, in each of ten pairs
    "20_several_labels": ["the probabilities of one add up to", "saying no to all"],
    "19_sixteen_bits": ["in fp16 1 + 1 + 1 + … ends at 2,048", "in bf16 1 + 1 + 1 + … ends at 256", "1.000 in bf16 and -1.000 in fp32"],
}
# A number in the output, by the words around it, and the limits in which it lies.
WITHIN: dict[str, list[tuple[str, float, float]]] = {
    # Novikoff's bound, whatever the order of the points
    "02_perceptron": [(r"points: (\d+) mistakes", 1, 2233), (r"= ([\d,]+) mistakes", 2233, 2233)],
    # one bit in twenty is turned over at random: 95 % at most; 7,000 bits, so a coin gives 50 ± 2.4 % in all but 1 of 15,000 cases
    "03_adaline": [(r"([\d.]+)% after bit 1,000\.\nNo one", 92, 95.8), (r"bits: ([\d.]+)% after", 47.6, 52.4)],
    # noise of 0.003 beside an echo of about 0.6 leaves room for 45 dB
    "04_echo": [(r"is (\d+) dB weaker", 38, 46), (r"path by ([\d.]+) at most", 0, 0.01)],
    "06_hyperplane": [(r"lie on the right side, ([\d.]+)%", 94, 100)],
    "08_network": [(r"(\d+) of 20 random", 5, 19), (r"went from .* to ([\d.]+)\.\n", 0, 0.01)],
    "11_chain_rule": [(r"differ by (\S+) at most", 0, 1e-15)],  # fp64 numbers below 1: some units of the last place, 1e-16
    "12_lenet": [(r"reads ([\d.]+)% of", 97, 100)],
    "13_history": [
        (r"LeNet 1998:\s+([\d.]+)%", 94, 100),
        (r"LeNet 1998:.*\]\s+([\d.]+)% \[", 50, 90),
        (r"perceptron 1958:.*\]\s+([\d.]+)% \[", 20, 49),
    ],
    "14_three_ways": [(r"label: ([\d.]+)%", 94, 100), (r"wrong: ([\d.]+)%", 90, 100), (r"nothing: ([\d.]+)%", 65, 90)],
    "15_descent": [(r"all .* up to ([\d.]+)\n", 0.1, 1), (r"16 at .* up to ([\d.]+)\n", 0, 0.01), (r"one at .* up to ([\d.]+)\n", 0.01, 0.3)],
    "16_ravine": [
        (r"descent: (\d+) along", 172, 174),  # log 1e-6 / log (49 / 51)², and one for the step itself
        (r"descent: .* (\d+) where", 172, 174),
        (r"momentum: +(\d+) along", 25, 60),  # log 1e-6 / log 0.752² = 24, and what the start climbs first
        (r"Adam: (\d+) along", 60, 172),
    ],
    "17_depth": [
        (r" sigmoid: gradient of layer 1 (\S+),", 0, 1e-15),
        (r" sigmoid: .* end ([\d.]+)\n", 2.2, 2.4),
        (r"ReLU: .* end ([\d.]+)\n", 0, 1),
        (r"norm: .* end ([\d.]+)\n", 0, 1),
        (r"skip: .* end ([\d.]+)\n", 0, 0.5),
    ],
    "18_elephant": [(r"degree 11: .* ([\d.]+) on 1,000", 1, 1000), (r"degree  [3-7]: .* ([\d.]+) on 1,000", 0.25, 0.35)],
    # half the distance of neighbours, 2^-8 and 2^-11, is what a single product may be off
    # drawn with a probability of 0.35 for each half, now and then twice the same: 0.7 at most
    "21_augmentation": [(r"crop=1 .* \+([\d.]+) points", 0.3, 4), (r"flip .* -([\d.]+) points", 1.5, 8), (r"none +([\d.]+)%", 86, 94)],
    "25_learning_rate": [
        (r"0\.0005: +(\d+)%  Rate too low", 10, 40),
        (r"0\.0100: +(\d+)%  Nothing is wrong", 85, 95),
        (r"0\.2019: +(\d+)%  Nothing is wrong", 96, 100),
        (r"1\.4928: +(\d+)%  Rate too high", 5, 20),  # guessing reads 10 %
        (r"30\.0000: +(\d+)%  Divergence", 5, 20),
    ],
    "24_batch_norm": [
        (r"at (\d+) of 10 rates", 6, 8),
        (r"at (\d+) without", 1, 4),  # of three starts: 2, 3, 4
        (r"twos: ([\d.]+)% and", 5, 30),  # two pictures become −1 and 1, whatever they were; guessing reads 10 %
        (r"% and ([\d.]+)%\.", 88, 97),
        (r"averages: ([\d.]+)%", 88, 97),
        (r"variance: ([\d.]+)%", 10, 40),
    ],
    # of four starts 0.055 to 0.069, and 0.10 to 0.13
    "22_cnn_on_digits": [(r"that learn: .* loss ([\d.]+);", 0.04, 0.085), (r"left random: .* loss ([\d.]+);", 0.09, 0.15)],
    "23_dropout_and_weight_decay": [
        (r"nothing: loss ([\d.]+) ", 0.5, 0.8),
        (r"nothing: .* wrong ([\d.]+)%", 13, 20),
        (r"more .* wrong ([\d.]+)%", 8, 12),
    ],
    "20_several_labels": [(r"picture: ([\d.]+) on", 0.6, 0.7), (r"add up to (\d\.\d+)", 0.6, 0.8), (r"to all: ([\d.]+)%", 92, 94)],
    "19_sixteen_bits": [
        (r"bf16, summed in bf16: .* (\S+)\n", 0.5, 1),
        (r"bf16, summed in fp32: .* (\S+)\n", 0, 2**-8),
        (r"fp16, summed in fp32: .* (\S+)\n", 0, 2**-11),
    ],
}


def run_chapter(name: str, *arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """As its reader would, but with warnings as errors, and temporary folders inside `folder`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environment, cwd=folder)


def number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, f"{pattern!r} is not in the output:\n{text}"
    return float(found[1].replace(",", ""))


def tool() -> ModuleType:
    """tools/notebooks.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All of them, built and run by the tool."""
    folder = tmp_path_factory.mktemp("notebooks")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(folder)}
    command = [sys.executable, "-W", "error", str(ROOT / "tools" / "notebooks.py"), "build", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return {name: json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8")) for name in NAMES}


def test_the_chapters_are_numbered_from_1_without_a_gap() -> None:
    assert [int(name[:2]) for name in NAMES] == list(range(1, len(NAMES) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_is_short_and_says_what_it_is_about(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert source.count("\n") < 80
    words = source.split('"""')[1]
    assert re.search(r"^Sources?(:| of the rule:) .*\d{4}", words, re.MULTILINE), "no paper with its year"
    assert "\nTry next: " in words
    assert "\n    " in words, "no equation"
    assert "torch" not in source


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_finds_what_it_promises_and_draws_it(name: str, tmp_path: Path) -> None:
    pictures = tmp_path / "new" / "pictures"
    done = run_chapter(name, str(pictures), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for words in PROMISED.get(name, []):
        assert words in done.stdout
    for pattern, least, most in WITHIN.get(name, []):
        assert least <= number(pattern, done.stdout) <= most, pattern
    assert done.stdout.endswith(f"\nThe picture is {pictures / name}.png.\n")
    with Image.open(pictures / f"{name}.png") as picture:
        grey = np.asarray(picture.convert("L"))
    assert grey.shape[1] >= 600 and grey.shape[0] >= 250
    assert (grey < 200).mean() > 0.005, "hardly anything is drawn"
    assert [file.name for file in pictures.iterdir()] == [f"{name}.png"]


@pytest.mark.slow
def test_without_a_folder_the_picture_goes_into_a_temporary_one(tmp_path: Path) -> None:
    before = set(EXAMPLES.iterdir())
    done = run_chapter("01_neuron", folder=tmp_path)
    (picture,) = tmp_path.glob("vitreous-*/01_neuron.png")
    assert done.stdout.endswith(f"The picture is {picture}.\n")
    assert set(EXAMPLES.iterdir()) - before <= {EXAMPLES / "__pycache__"}


@pytest.mark.slow
def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_chapter("01_neuron", str(tmp_path / "file"), folder=tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(r"Error: cannot write into '.*file': .*; name another\n", done.stderr)


def test_a_notebook_holds_the_whole_chapter_in_order() -> None:
    made = tool().notebook((EXAMPLES / "08_network.py").read_text(encoding="utf-8"))
    about, *code = made["cells"]
    assert "".join(about["source"]).startswith("# A network of neurons learns XOR\n\n    H = tanh")
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    joined = "\n".join("".join(cell["source"]) for cell in code)
    for line in (EXAMPLES / "08_network.py").read_text(encoding="utf-8").split('"""', 2)[2].splitlines():
        assert line in joined or "save_picture" in line
    assert "save_picture" not in joined and "__file__" not in joined


def test_cells_are_cut_behind_the_imports_and_at_each_comment() -> None:
    list_with_comment = "z = [\n    # inside\n    3,\n]"
    code = f"import math\nfrom picture import save_picture\n\nx = 1\n\n# Why\ny = 2\n{list_with_comment}\n\nsave_picture(figure, __file__)\n"
    source = f'"""Title\n\nText.\n"""\n\n{code}'
    parts = ["".join(cell["source"]) for cell in tool().notebook(source)["cells"]]
    assert parts[:4] == ["# Title\n\nText.", "import math", "x = 1", f"# Why\ny = 2\n{list_with_comment}"]
    assert parts[4].endswith("Picture(png(figure))")


def test_a_notebook_that_fails_names_the_chapter_and_the_cell() -> None:
    module = tool()
    made = module.notebook('"""T"""\n\nimport math\n\nx = 1\n\n# Wrong\nmath.sqrt(-x)\n')
    with pytest.raises(module.VitreousError, match=r"(?s)^99_wrong.py fails in cell 3 of 4: .*ValueError"):
        module.run(made, "99_wrong.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_cells_of_a_notebook_run_from_start_to_end_and_show_the_picture(name: str, notebooks: dict[str, dict[str, Any]]) -> None:
    code = [cell for cell in notebooks[name]["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    printed = "".join("".join(output["text"]) for output in outputs if output["output_type"] == "stream")
    for words in PROMISED.get(name, []):
        assert words in printed
    assert base64.b64decode(outputs[-1]["data"]["image/png"]).startswith(b"\x89PNG")


def test_the_lecture_and_the_list_name_every_chapter() -> None:
    lecture = (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8")
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"(../examples/{name}.py)" in lecture
        assert f"({name}.py)" in listed


def test_the_lecture_names_the_error_of_the_slide() -> None:
    words = (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8")
    assert "61.95" in words and "60.75" in words
