"""`vitreous label` and `vitreous next` as they are typed: what cannot be meant is one line, and a killed labelling goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "labelling"))
from pictures_to_label import coloured
from small_network import Coloured
from trained_run import Said

import vitreous as vt
from vitreous.data.sources import read_source

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Call = Callable[..., Said]


def refused(call: Call, *arguments: str | Path, code: int, said: str) -> None:
    result = call("label", *arguments, "--no-browser")
    assert (result.code, result.out) == (code, "") and said in result.err and "Traceback" not in result.err
    assert len([line for line in result.err.splitlines() if line.lower().startswith("error: ")]) == 1


def test_a_folder_that_is_none_is_one_line(vitreous: Call, tmp_path: Path, model: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing")
    (tmp_path / "heic").mkdir()
    (tmp_path / "heic" / "a.heic").write_bytes(b"\0\0\0\x18ftypheic")
    refused(vitreous, tmp_path / "nowhere", code=1, said="there is no such folder")
    refused(vitreous, model, code=1, said="it is a file; a folder of pictures")
    refused(vitreous, tmp_path / "empty", code=1, said="there is no picture in it")
    refused(vitreous, tmp_path / "broken", "--net", model, code=1, said="a.jpg")
    refused(vitreous, tmp_path / "heic", "--net", model, code=1, said="a.heic")
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix in (".csv", ".jsonl")) == []


def test_options_that_cannot_be_meant_are_said_before_the_work(vitreous: Call, tmp_path: Path, model: Path) -> None:
    folder = coloured(tmp_path / "photos", 4)
    (tmp_path / "other.csv").write_text("name,size\na,1\n")
    (tmp_path / "x.jsonl").write_text("not ours\n")
    (tmp_path / "other").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused(vitreous, folder, "--port", str(taken.getsockname()[1]), code=2, said="another program listens there")
    refused(vitreous, folder, "--port", "99999", code=2, said="99999")
    refused(vitreous, folder, "--labels", " , ", code=2, said="no name in it")
    refused(vitreous, folder, "--labels", "a,b;c", code=2, said="divides several labels")
    refused(vitreous, folder, "--out", tmp_path / "other.csv", code=2, said="no table of labels")
    refused(vitreous, folder, "--out", tmp_path / "labels.txt", code=2, said="a name that ends with .csv")
    refused(vitreous, folder, "--out", tmp_path / "other" / "x.csv", code=2, said="do not lie below its folder")
    refused(vitreous, folder, "--out", tmp_path / "x.csv", code=1, said="it is no journal of labels")
    refused(vitreous, folder, "--net", "nothing", code=2, said="unknown network")
    refused(vitreous, folder, "--out", "", code=2, said="empty name")
    assert (tmp_path / "other.csv").read_text() == "name,size\na,1\n" and (tmp_path / "x.jsonl").read_text() == "not ours\n"


LABEL = [sys.executable, "-m", "vitreous", "label"]


class Running:
    """`vitreous label` in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        self.said: dict[str, Any] = json.loads(line)
        jsonschema.validate(self.said, json.loads((SCHEMAS / "label.json").read_text()))

    def sends(self, path: str, body: Any = None) -> Any:
        base, query = self.said["url"].split("/?")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{base}{path}?{query}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())


@pytest.fixture(autouse=True)
def _interrupts_are_heard() -> Iterator[None]:
    """A process begun in the background of a shell ignores Ctrl-C, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def running(folder: Path, model: Path, cache: Path, *more: str) -> Iterator[Running]:
    command = [*LABEL, str(folder), "--net", str(model), "--json", *more]
    env = {**os.environ, "VITREOUS_CACHE": str(cache)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


@pytest.mark.slow
def test_a_killed_labelling_goes_on_and_training_takes_its_table(tmp_path: Path, model: Path) -> None:
    folder, cache = coloured(tmp_path / "photos", 40), tmp_path / "cache"
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    before = {each.name: each.stat().st_mtime_ns for each in folder.iterdir()}
    with running(folder, model, cache, "--labels", "red,blue") as first:
        shown = first.sends("/view")["view"]["pictures"]
        colour = shown[0]["name"].split("-")[0]
        numbers = [each["number"] for each in shown if colour in each["name"]]
        said = first.sends("/step", {"do": "label", "pictures": numbers, "label": colour})["state"]
        first.process.send_signal(signal.SIGKILL)
    table = tmp_path / "photos.labels.csv"
    assert len(read_source(table).items) == said["labelled"] == len(numbers) > 0
    with running(folder, model, cache) as second:
        assert second.sends("/state")["labelled"] == said["labelled"]
        other = subprocess.run([*LABEL, str(folder), "--net", str(model), "--no-browser"], capture_output=True, text=True, check=False, timeout=300)
        assert other.returncode == 1 and "in use by process" in other.stderr
        second.sends("/step", {"do": "label", "pictures": list(range(20)), "label": "blue"})  # the paths of blue ones come first
        second.sends("/step", {"do": "label", "pictures": list(range(20, 40)), "label": "red"})
        second.sends("/finish", {})
        assert second.process.wait(120) == 0
    items = read_source(table).items
    assert len(items) == 40 and all(item.label in item.relative for item in items)
    assert {each.name: each.stat().st_mtime_ns for each in folder.iterdir()} == before
    run = vt.train(table, net=str(model), runs=tmp_path / "runs")
    assert sorted(run.labels) == ["blue", "red"]


@pytest.mark.slow
def test_ctrl_c_ends_it_in_a_sentence(tmp_path: Path, model: Path) -> None:
    with running(coloured(tmp_path / "photos", 12), model, tmp_path / "cache") as it:
        it.process.send_signal(signal.SIGINT)
        _, err = it.process.communicate(timeout=120)
    assert it.process.returncode == 130 and "Traceback" not in err


def test_a_session_in_python_takes_over_what_a_spreadsheet_changed(tmp_path: Path, model: Path) -> None:
    folder = coloured(tmp_path / "photos", 12)
    with vt.label_session(folder, net=str(model)) as session:
        session.label([0, 1], "a")
        names = [session.pictures.paths[number][0] for number in (0, 1, 2)]
    table = tmp_path / "photos.labels.csv"
    table.write_text(f"path,label\nphotos/{names[0]},a\nphotos/{names[1]},b\nphotos/{names[2]},c\nphotos/gone.png,a\n")
    with vt.label_session(folder, net=str(model)) as session:
        assert [session.label_of(number) for number in (0, 1, 2)] == ["a", "b", "c"]
        session.undo()
    with vt.label_session(folder, net=str(model), out=folder / "own.csv", labels=["x"]) as session:
        assert session.labelled == 0 and session.book.labels == ["x"]


def test_next_is_what_the_run_is_least_sure_of_without_what_it_knows(vitreous: Call, coloured: Coloured, tmp_path: Path) -> None:
    known = vitreous("next", coloured.run.path, coloured.data)
    assert known.code == 1 and "were in the run already" in known.err
    new = tmp_path / "new"
    from small_network import colourful

    colourful(new, {"red": 12, "blue": 12, "green": 12}, seed=9)
    said = vitreous("next", coloured.run.path, new, "--n", "5", "--json")
    found = json.loads(said.out)
    jsonschema.validate(found, json.loads((SCHEMAS / "next.json").read_text()))
    assert said.code == 0 and found["candidates"] == 36 and found["known"] == 0 and len(found["pictures"]) == 5
    run = vt.load(coloured.run.path)
    answers = {str(Path(path)): run.predict(new / path) for path in (str(each.relative_to(new)) for each in new.glob("*/*"))}
    margins = {path: float(sorted(answer.probability)[-1] - sorted(answer.probability)[-2]) for path, answer in answers.items()}
    assert found["pictures"][0]["path"] == min(margins, key=margins.__getitem__)
    for each in found["pictures"]:
        assert abs(each["margin"] - margins[each["path"]]) < 1e-3
        assert margins[each["path"]] <= sorted(margins.values())[20] + 1e-3
    table = vitreous("next", coloured.run.path, new, "--n", "2", "--csv")
    assert table.out.splitlines()[0] == "path,label,answer,probability" and len(table.out.splitlines()) == 3
    assert [each.path for each in run.next(new, 5).pictures] == [each["path"] for each in found["pictures"]]
    assert "5 pictures to label next" in repr(run.next(new, 5)) and vitreous("next", coloured.run.path, new, "--n", "0").code == 2
