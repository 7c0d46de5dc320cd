"""Beyond a limit a graph proposes what the exact similarity decides; what it misses is measured and said."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful

import vitreous as vt
from vitreous.core.reporter import Quiet
from vitreous.retrieval import approximate
from vitreous.retrieval.similarity import Similarity, mean_of, scale_of

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return colourful(tmp_path / "photos", {"red": 9, "green": 10})


@pytest.fixture
def index(photos: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    monkeypatch.setattr(approximate, "BEYOND", 10)
    return lambda: vt.index(photos, net=str(model), path=tmp_path / "index")


def test_the_answers_of_a_small_graph_are_the_exact_ones(index: Callable[[], Any], photos: Path) -> None:
    pytest.importorskip("usearch", reason="needs vitreous[search]")
    found = index()
    assert found.facts["graph"] | {"seconds": 0} == {"recall": 1.0, "sample": 19, "rows": 19, "seconds": 0}
    query = photos / "red/red-001.png"
    near, exact = (vt.find(found, query, n=6, unlike=photos / "green/green-001.png", exact=each) for each in (False, True))
    assert [answer.to_json() for answer in near] == [answer.to_json() for answer in exact]
    assert "approximate search: of the 10 nearest of 19 pictures it finds 100.0 % (--exact finds all)" in near.remarks
    assert not any("search" in remark for remark in exact.remarks)


def test_a_graph_follows_its_folder(index: Callable[[], Any], photos: Path) -> None:
    pytest.importorskip("usearch", reason="needs vitreous[search]")
    index()
    (photos / "red/red-002.png").unlink()
    Image.new("RGB", (40, 40), (9, 99, 9)).save(photos / "green/new.png")
    found = index()
    assert found.facts["graph"]["rows"] == 20 and found.facts["graph"]["recall"] == 1.0
    paths = {answer.path for answer in vt.find(found, photos / "red/red-001.png", n=30)}
    assert "green/new.png" in paths and "red/red-002.png" not in paths


def test_a_graph_of_many_rows_finds_most_and_says_how_much(tmp_path: Path) -> None:
    pytest.importorskip("usearch", reason="needs vitreous[search]")
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3000, 8)).astype(np.float32) @ rng.normal(size=(8, 32)).astype(np.float32)
    live = np.ones(3000, np.bool_)
    similarity = Similarity(mean_of(vectors, live), scale_of(vectors, live, mean_of(vectors, live)))
    facts = approximate.build(tmp_path / approximate.GRAPH, vectors, similarity, None, Quiet())
    assert 0.9 < facts["recall"] <= 1
    query = similarity.queries(vectors[:1], by_labels=False)
    proposed = approximate.propose(tmp_path / approximate.GRAPH, 32, similarity, query, 10, [0])
    assert 0 not in proposed and len(proposed) >= 10


def test_without_the_extra_exact_search_goes_on_and_says_how_long(index: Callable[[], Any], photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approximate, "find_spec", lambda _: None)
    found = index()
    assert "graph" not in found.facts
    said = vt.find(found, photos / "red/red-001.png", n=3).remarks
    assert any(remark.startswith("exact search of 19 contents in 0.") and "pip install 'vitreous[search]'" in remark for remark in said)


def test_a_graph_that_is_gone_costs_time_only(index: Callable[[], Any], photos: Path) -> None:
    pytest.importorskip("usearch", reason="needs vitreous[search]")
    found = index()
    next(found.path.glob("generation-*/graph.usearch")).unlink()
    said = vt.find(found, photos / "red/red-001.png", n=3)
    assert len(said) == 3 and any(remark.startswith("the graph of neighbours cannot be used") for remark in said.remarks)
