"""What `make bench` says of figures beside kept ones."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

_FILE = Path(__file__).parents[1] / "benchmarks" / "again.py"
sys.path.insert(0, str(_FILE.parent))  # it imports its neighbour
_SPEC = importlib.util.spec_from_file_location("benchmarks_again", _FILE)
assert _SPEC and _SPEC.loader
again = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = again
_SPEC.loader.exec_module(again)

HERE, ELSEWHERE = ({"processor": name, "cores": 2, "instructions": ["fma"], "onednn_cap": None} for name in ("A", "B"))


def result(figure: float, unit: str, comparison: str = "at most", **other: Any) -> dict[str, Any]:
    claim = {
        "what": "w",
        "figure": figure,
        "unit": unit,
        "comparison": comparison,
        "runs": other.get("runs", []),
        "failure": other.get("failure", ""),
    }
    return {"benchmark": "b", "quick": other.get("quick", False), "machine": other.get("machine", HERE), "claims": [claim]}


@pytest.mark.parametrize(
    ("now", "kept", "word"),
    [
        (result(1.3, "s"), result(1.0, "s"), "WORSE         w: 1.3 s, kept 1 (30% worse)"),
        (result(1.05, "s"), result(1.0, "s"), "as before"),
        (result(0.5, "s"), result(1.0, "s"), "better        w: 0.5 s, kept 1 (50% better)"),
        (result(1.3, "s"), result(1.0, "s", runs=[0.9, 1.4]), "as before"),  # within what was measured then
        (result(0.7, "×", "at least"), result(1.0, "×", "at least"), "WORSE         w: 0.7 ×, kept 1 (30% worse)"),
        (result(1.3, "×", "at least"), result(1.0, "×", "at least"), "better"),
        (result(0.7, "×", "at least", machine=ELSEWHERE, quick=True), result(1.0, "×", "at least"), "WORSE"),  # a ratio is one on any machine
        (result(9.0, "s", machine=ELSEWHERE), result(1.0, "s"), "not compared  w: 9 s, kept 1 (another machine)"),
        (result(9.0, "s CPU", quick=True), result(1.0, "s CPU"), "not compared  w: 9 s CPU, kept 1 (less work)"),
        (result(9.0, "×"), result(1.0, "s"), "not compared  w: 9 ×, kept 1 (kept in another unit, 's')"),
        (result(1.0, "%"), result(0.0, "%"), "WORSE"),
        (result(0.0, "%"), result(0.0, "%"), "as before"),
    ],
)
def test_a_figure_is_called_worse_better_or_not_comparable(now: dict[str, Any], kept: dict[str, Any], word: str) -> None:
    (found,) = again.compare(now, kept)
    assert str(found).startswith(word) and found.worse is word.startswith("WORSE")


def test_a_figure_that_fails_now_is_worse_and_a_new_one_is_passed_by() -> None:
    (found,) = again.compare(result(1.0, "s", failure="it ended with 1"), result(1.0, "s"))
    assert found.worse and "it ended with 1" in str(found)
    assert again.compare(result(1.0, "s"), result(1.0, "s") | {"claims": []}) == []


def test_all_benchmarks_are_known_and_each_has_the_options_it_is_called_with() -> None:
    assert {"start", "resume", "loop", "small_nets"} <= set(again.names()) and not set(again.NO_BENCHMARKS) & set(again.names())
    assert set(again.SAME_WORK) <= set(again.names())
    for name in again.names():
        assert "parser(" in (_FILE.parent / f"{name}.py").read_text(), name


def test_results_go_to_a_folder_of_their_own_and_a_skipped_one_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "HERE", tmp_path)
    (tmp_path / "some.py").write_text('print("skipped: peers are not there")')
    (tmp_path / "bad.py").write_text("raise SystemExit('no data')")
    assert again.run_short("some", tmp_path / "out", 60) == ([], "skipped: peers are not there")
    assert again.run_short("bad", tmp_path / "out", 60) == ([], "FAILED with 1: no data")
