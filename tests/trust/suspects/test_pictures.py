"""Whose features are asked, for which run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from small_network import Coloured

from vitreous.core.reporter import Quiet
from vitreous.data.decode import Policy
from vitreous.infer.network import Network
from vitreous.runs.document import Document
from vitreous.runs.folder import RunFolder
from vitreous.trust.suspects import pictures

pytest_plugins = ["shared_fixtures"]


def with_changes(run: RunFolder, settings: dict[str, object], facts: dict[str, object]) -> RunFolder:
    document = run.document
    return RunFolder(run.path, Document(**{**vars_of(document), "settings": {**document.settings, **settings}, "facts": {**document.facts, **facts}}))


def vars_of(document: Document) -> dict[str, object]:
    return {name: getattr(document, name) for name in document.__dataclass_fields__}


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, as_shipped: Network) -> Network:
    monkeypatch.setattr(pictures, "load_network", lambda: as_shipped)
    return as_shipped


def test_a_frozen_network_is_asked_in_the_view_of_the_run(coloured: Coloured, shipped: Network) -> None:
    network, view, said = pictures._network_of(coloured.run)
    assert view.to_json() == coloured.run.facts["preprocessing"]["view"] and said == "" and network.facts["features"] >= shipped.facts["features"]


def test_of_a_tuned_network_the_features_before_that_are_asked_and_it_is_said(coloured: Coloured, shipped: Network) -> None:
    run = with_changes(coloured.run, {}, {"classifier": {"phases": [1]}})
    assert "tuned on these labels" in pictures._network_of(run)[2]


def test_a_network_that_learned_from_these_labels_is_not_asked(coloured: Coloured, shipped: Network) -> None:
    run = with_changes(coloured.run, {"net": "lenet"}, {"network": {"network": "lenet"}})
    network, view, said = pictures._network_of(run)
    assert said.startswith("lenet learned from these labels") and view == network.view


def test_all_parts_of_the_data_are_looked_at(coloured: Coloured, shipped: Network) -> None:
    found = pictures.pictures_of_run(coloured.run, coloured.data, Quiet())
    assert len(found.items) == 60 and found.names == ["blue", "green", "red"] and found.features.shape[0] == 60
    assert [found.names[k] for k in found.labels] == [item.label for item in found.items] and len(set(found.keys)) == len(set(found.groups.tolist()))


def test_pictures_of_one_named_group_are_one_group(coloured: Coloured, shipped: Network) -> None:
    by_digit = r"-00(\d)"
    found = pictures.pictures_of_folder(coloured.data, Policy(), Quiet(), None, None, by_digit)
    assert len(set(found.groups.tolist())) < 60
    assert all(
        len({found.groups[n] for n, item in enumerate(found.items) if item.group == name}) == 1 for name in {i.group for i in found.items if i.group}
    )
