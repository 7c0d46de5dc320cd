"""`vitreous predict --sets --unknown`, `evaluate --sets` and `drift` from the command line."""

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from jsonschema import Draft202012Validator
from small_network import Coloured, coloured_picture
from trained_run import Said

from vitreous.infer.network import SHIPPED, Network, load_network

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]
SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "drift.json").read_bytes()))


@pytest.fixture
def run(coloured: Coloured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_shipped: Network) -> Path:
    """A run of the small network, which stands for the shipped one, with the cache that its training has filled."""
    monkeypatch.setenv("VITREOUS_CACHE", str(coloured.cache))
    for place in ("drift", "reference"):
        monkeypatch.setattr(
            f"vitreous.trust.unknown.{place}.load_network", lambda path=SHIPPED: as_shipped if path == SHIPPED else load_network(path)
        )
    return Path(shutil.copytree(coloured.run.path, tmp_path / "colours-1"))


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


def new_pictures(folder: Path, count: int, darker: float = 1.0) -> Path:
    rng = np.random.default_rng(11)
    folder.mkdir()
    for number in range(count):
        picture = coloured_picture(rng, ("red", "green", "blue")[number % 3])
        Image.fromarray((np.asarray(picture) * darker).astype(np.uint8)).save(folder / f"{number}.png")
    return folder


def test_the_set_stands_beside_the_answer_in_every_form(run: Path, photo: Path, vitreous: Vitreous) -> None:
    text = vitreous("predict", run, photo, "--sets", "0.9")
    assert text.code == 0 and text.out.startswith("red\t") and text.out.rstrip().endswith("}")
    value = json.loads(vitreous("predict", run, photo, "--sets", "0.9", "--json").out)
    assert "red" in value["set"] and value["coverage"] == 0.9
    (row,) = csv.DictReader(io.StringIO(vitreous("predict", run, photo, "--sets", "0.9", "--csv").out))
    assert sorted(row["set"].split(";")) == sorted(value["set"])
    assert text.out.rstrip().endswith("{" + ", ".join(value["set"]) + "}")


def test_a_higher_promise_never_leaves_a_class_out(run: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    sets = []
    for share in ("0.6", "0.8", "0.9"):
        lines = vitreous("predict", run, coloured.data, "--sets", share, "--json").out.splitlines()
        sets.append([set(json.loads(line)["set"]) for line in lines])
    assert all(low <= high for one, other in pairwise(sets) for low, high in zip(one, other, strict=True))


def test_evaluate_says_coverage_and_size(run: Path, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", run, "--sets", "0.8")
    assert said.code == 0 and "Sets that hold the true class in 80 %" in said.out and "mean size" in said.out
    value = json.loads(vitreous("evaluate", run, "--sets", "0.8", "--per-class", "--json").out)["sets"]
    assert value["per_class"] and len(value["classes"]) == 3 and sum(value["sizes"]) == value["num_images"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--sets", "0"], 2, "--sets: 0; a share above 0 and below 1"),
        (["--sets", "1"], 2, "--sets: 1; a share above 0 and below 1"),
        (["--sets", "nan"], 2, "--sets: nan; a share above 0 and below 1"),
        (["--sets", "0.9999"], 1, "9,999 are needed; with these"),
        (["--sets", "0.97", "--per-class"], 1, "are needed of each"),
        (["--per-class"], 2, "add --sets 0.95"),
        (["--unknown", "nan"], 2, "--unknown: nan; a share above 0 and below 1"),
        (["--unknown", "0.0001"], 1, "9,999 are needed"),
    ],
)
def test_what_cannot_be_promised_is_one_line(run: Path, photo: Path, vitreous: Vitreous, options: list[str], code: int, words: str) -> None:
    said = vitreous("predict", run, photo, *options)
    assert (said.code, said.out) == (code, "") and words in said.err and said.err.count("\n") == 1


def test_a_promise_without_a_run_and_for_a_file_alone_is_refused(run: Path, photo: Path, model: Path, vitreous: Vitreous) -> None:
    for names in ((photo,), (model, photo)):
        said = vitreous("predict", *names, "--sets", "0.9")
        assert said.code == 2 and "no run was named" in said.err


def test_a_run_that_kept_no_held_out_answers_says_so(run: Path, photo: Path, vitreous: Vitreous) -> None:
    from dataclasses import replace

    from vitreous.runs.document import RUN_JSON, Document

    document = Document.from_bytes((run / RUN_JSON).read_bytes(), run)
    (run / "held_out.csv").unlink()
    files = {name: digest for name, digest in document.files.items() if name != "held_out.csv"}
    (run / RUN_JSON).write_bytes(replace(document, files=files).to_bytes())
    for option in ("--sets", "--unknown"):
        said = vitreous("predict", run, photo, option, "0.2")
        assert said.code == 1 and "an older version trained it" in said.err and "train again" in said.err


def test_noise_is_odder_and_the_reference_is_kept(run: Path, photo: Path, noise: Path, vitreous: Vitreous) -> None:
    before = (run / "model.onnx").read_bytes()
    said = vitreous("predict", run, photo, noise, "--unknown", "0.1", "--json")
    ordinary, strange = (json.loads(line)["unknown"] for line in said.out.splitlines())
    assert said.code == 0 and strange["oddness"] > ordinary["oddness"] and not ordinary["none_of_these"]
    assert strange["none_of_these"] == (strange["oddness"] > strange["limit"]) and ordinary["as_odd"] > strange["as_odd"]
    assert (run / "reference.npz").is_file() and (run / "model.onnx").read_bytes() == before
    assert vitreous("predict", run, noise, "--unknown", "0.6").out.rstrip().endswith("none of these")
    assert vitreous("predict", run, photo, "--unknown", "0.1").out.rstrip().endswith("as the others")
    assert vitreous("evaluate", run).code == 0


def test_without_its_pictures_a_run_can_be_asked_only_where_it_has_a_reference(
    run: Path, coloured: Coloured, photo: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vitreous.trust.unknown.reference.data_are_gone", lambda run: True)
    said = vitreous("predict", run, photo, "--unknown", "0.1")
    assert said.code == 1 and "its pictures are gone" in said.err


def test_pictures_as_the_runs_do_not_differ_and_dark_ones_do(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    same = vitreous("drift", run, new_pictures(tmp_path / "same", 60), "--json")
    assert same.code == 0 and not json.loads(same.out)["differs"]
    SCHEMA.validate(json.loads(same.out))
    dark = new_pictures(tmp_path / "dark", 60, 0.5)
    said = vitreous("drift", run, dark, "--json", "--exit-code", "--page", tmp_path / "page.html")
    value = json.loads(said.out)
    assert said.code == 1 and value["differs"]
    SCHEMA.validate(value)
    assert {"what they show", "brightness"} <= {each["name"] for each in value["differences"] if each["differs"]}
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "least like" in page and "data:image/jpeg" in page


def test_the_training_pictures_themselves_are_said(run: Path, coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    from vitreous.runs.tables import items_from_csv

    folder = tmp_path / "known"
    folder.mkdir()
    for row in items_from_csv((run / "items.csv").read_bytes()):
        if row.split and row.split != "test":
            shutil.copy(coloured.data / row.path, folder)
    said = vitreous("drift", run, folder)
    assert said.code == 0 and said.out.startswith("Nothing to compare: these are the training pictures of colours-1")
    assert json.loads(vitreous("drift", run, folder, "--json").out)["differs"] is None


def test_five_pictures_are_compared_and_what_they_could_show_is_said_first(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("drift", run, new_pictures(tmp_path / "few", 5))
    assert said.code == 0 and "With 5 new pictures" in said.out.splitlines()[1] and "no change of a share" in said.out


def test_a_drift_check_that_cannot_be_made_is_one_line(run: Path, tmp_path: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.jpg").write_bytes(b"no picture")
    for folder, words in ((tmp_path / "empty", "empty"), (broken, "no new picture can be read"), (tmp_path / "gone", "there is no such folder")):
        said = vitreous("drift", run, folder)
        assert said.code == 1 and words in said.err and said.err.count("\n") == 1, said.err
    for rate in ("0", "1", "nan"):
        said = vitreous("drift", run, broken, "--rate", rate)
        assert said.code == 2 and "--rate" in said.err
