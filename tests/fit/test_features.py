"""Features of a folder: nothing is decoded or computed twice, and nothing wrong is taken from the pack."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, WIDTH, colourful, small_network

from vitreous.core.item import Item
from vitreous.core.view import View
from vitreous.data.decode import Policy, decode
from vitreous.data.pack import Pack, open_pack
from vitreous.fit.features import Extractor, Gathered, arrange
from vitreous.infer.engine import Setting, run_batch, start_engine

SETTING = Setting("openvino", "f32", 4, 2)
VIEW = View.crop(SIDE)


@given(st.integers(1, 30), st.integers(1, 200), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_arranging_is_taking_rows_in_an_order(count: int, width: int, random: "np.random.Generator") -> None:
    features = np.arange(count * width, dtype=np.float32).reshape(count, width)
    order = np.array(random.sample(range(count), random.randint(1, count)))
    expected = features[order]
    given_array = features.copy()
    arranged = arrange(given_array, order)
    assert np.array_equal(arranged, expected) and arranged.base is given_array  # no second array of that size


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    folder = colourful(tmp_path / "data", {"red": 5, "green": 5})
    for file in folder.glob("*/*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return [Item(str(file), file.relative_to(folder).as_posix(), file.parent.name) for file in sorted(folder.glob("*/*"))]


def gathered(items: list[Item], pack: Pack, view: View = VIEW, setting: Setting = SETTING) -> Gathered:
    return Extractor(small_network(), setting, pack, Policy(), lambda *_: None).gather(items, view, "features")


def once(items: list[Item], view: View = VIEW) -> Gathered:
    """A pass as a training makes it, with the pack of the data folder."""
    with open_pack(Path(items[0].path).parents[1], Policy().key) as pack:
        return gathered(items, pack, view)


def same(one: Gathered, other: Gathered) -> bool:
    return np.array_equal(one.features, other.features) and np.array_equal(one.facts, other.facts) and one.keys == other.keys


def test_features_are_those_of_the_network_for_the_decoded_pictures(items: list[Item]) -> None:
    result = once(items)
    decoded = [decode(item.path, [VIEW]) for item in items]
    engine = start_engine(small_network(), SETTING, ("features",))
    assert np.array_equal(result.features, run_batch(engine, np.stack([each.views[0] for each in decoded]))["features"])
    assert result.keys == [each.key for each in decoded] and result.decoded == len(items) and result.features.shape == (10, WIDTH)
    assert (result.facts["width"] == 48).all() and (result.facts["height"] == 40).all()
    assert np.array_equal(result.facts["thumbnail"][3], decoded[3].thumbnail)


def test_the_second_pass_decodes_nothing_and_starts_no_engine(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    first = once(items)
    monkeypatch.setattr("vitreous.fit.features.start_engine", None)
    monkeypatch.setattr("vitreous.infer.gather.read_file", None)
    second = once(items)
    assert second.decoded == 0 and same(first, second)


@pytest.mark.slow
def test_another_view_is_another_pass(items: list[Item]) -> None:
    first = once(items)
    other = once(items, View.whole(SIDE))
    assert other.decoded == len(items) and not np.array_equal(first.features, other.features)
    assert once(items, View.whole(SIDE)).decoded == once(items).decoded == 0


def test_a_view_that_was_cut_along_is_not_decoded_again(items: list[Item]) -> None:
    whole = View.whole(SIDE)
    with open_pack(Path(items[0].path).parents[1], Policy().key) as pack:
        extractor = Extractor(small_network(), SETTING, pack, Policy(), lambda *_: None)
        first = extractor.gather(items, VIEW, "features", (VIEW, whole))
        second = extractor.gather(items, whole, "features")
    assert first.decoded == len(items) and second.decoded == 0
    with Pack(Path(items[0].path).parents[1], Policy().key, None) as nothing_kept:
        assert same(second, gathered(items, nothing_kept, whole)) and same(first, gathered(items, nothing_kept))


def test_another_engine_takes_the_pictures_from_the_pack(items: list[Item]) -> None:
    first = once(items)
    with open_pack(Path(items[0].path).parents[1], Policy().key) as pack:
        other = gathered(items, pack, setting=Setting("openvino", "f32", 2, 1))
    assert other.decoded == 0 and other.keys == first.keys and np.allclose(first.features, other.features, atol=1e-5)


def test_one_new_picture_is_the_only_one_that_is_decoded(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    once(items[:-1])
    monkeypatch.setattr("vitreous.infer.gather.read_file", None)  # not even its content is compared: nothing is missing
    assert once(items).decoded == 1


def test_a_copy_and_a_renamed_file_are_known_by_their_content(items: list[Item]) -> None:
    first = once(items)
    renamed = items[0].path.replace("green-000", "renamed")
    os.replace(items[0].path, renamed)
    moved = [Item(renamed, "green/renamed.png", "green"), *items[1:]]
    second = once(moved)
    assert second.decoded == 0 and same(first, second)


def test_a_changed_picture_is_decoded_again(items: list[Item]) -> None:
    first = once(items)
    Path(items[2].path).write_bytes(Path(items[7].path).read_bytes())
    second = once(items)
    assert np.array_equal(second.features[2], first.features[7]) and second.keys[2] == first.keys[7]


def pack_file(pattern: str, cache: Path) -> Path:
    (file,) = (cache / "packs").glob(f"*/{pattern}")
    return file


@pytest.mark.parametrize(("pattern", "decoded"), [("features-*.rows", 0), ("facts-*.rows", 1), ("features-*.keys", 0), ("facts-*.keys", 1)])
def test_a_flipped_byte_in_the_pack_is_noticed_and_the_picture_computed_again(pattern: str, decoded: int, items: list[Item], own_cache: Path) -> None:
    first = once(items)
    file = pack_file(pattern, own_cache)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    second = once(items)
    assert same(first, second) and second.decoded == decoded
    assert same(first, once(items))


@pytest.mark.slow
@pytest.mark.parametrize(
    "pattern",
    [
        "features-*.keys",
        "pixels-*.rows",
        "features-*.rows",
        "facts-*.rows",
        "facts-*.keys",
    ],
)
def test_a_damaged_row_is_mended(pattern: str, items: list[Item], own_cache: Path) -> None:
    once(items)
    file = pack_file(pattern, own_cache)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    once(items)
    assert once(items).decoded == 0


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["features-*.rows", "features-*.keys", "facts-*.rows", "facts-*.keys", "files.json", "pixels-*.rows"])
def test_a_pack_cut_off_by_a_kill_is_filled_up(pattern: str, items: list[Item], own_cache: Path) -> None:
    first = once(items)
    file = pack_file(pattern, own_cache)
    os.truncate(file, file.stat().st_size // 2)
    second = once(items)
    assert same(first, second) and second.decoded < len(items)


def test_a_kill_between_pixels_and_facts_costs_one_more_pass_and_not_one_for_ever(items: list[Item], own_cache: Path) -> None:
    once(items)
    for pattern in ("facts-*.rows", "facts-*.keys"):
        os.truncate(pack_file(pattern, own_cache), 0)
    assert once(items).decoded == 10
    assert once(items).decoded == 0


def test_what_cannot_be_read_is_listed_with_its_reason_and_the_rest_goes_on(items: list[Item]) -> None:
    Path(items[1].path).write_bytes(b"no picture")
    os.unlink(items[4].path)
    result = once(items)
    assert sorted(result.errors) == [1, 4] and result.readable == [0, 2, 3, 5, 6, 7, 8, 9]
    assert result.errors[1].relative == items[1].relative and result.errors[1].reason
    assert "no such file" in result.errors[4].reason
    again = once(items)
    assert sorted(again.errors) == [1, 4] and again.decoded == 0 and same(result, again)


def test_an_interrupted_pass_keeps_what_it_has_done(items: list[Item]) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    root = Path(items[0].path).parents[1]
    with pytest.raises(KeyboardInterrupt), open_pack(root, Policy().key) as pack:
        Extractor(small_network(), Setting("openvino", "f32", 1, 1), pack, Policy(), interrupt).gather(items, VIEW, "features")
    with open_pack(root, Policy().key) as pack:
        again = gathered(items, pack, setting=Setting("openvino", "f32", 1, 1))
    assert 0 < again.decoded <= 5


def test_pictures_twice_in_the_data_are_kept_once(items: list[Item], own_cache: Path) -> None:
    twice = [*items, *(Item(item.path, f"copy-{item.relative}", item.label) for item in items)]
    result = once(twice)
    assert np.array_equal(result.features[:10], result.features[10:])
    assert pack_file("features-*.rows", own_cache).stat().st_size == 10 * WIDTH * 4
    assert pack_file("pixels-*.rows", own_cache).stat().st_size == 10 * SIDE * SIDE * 3


def test_without_a_pack_everything_is_done_and_nothing_kept(items: list[Item], own_cache: Path) -> None:
    with_pack = once(items)
    with Pack(Path(items[0].path).parents[1], "1", None) as pack:
        without = gathered(items, pack)
    assert same(with_pack, without) and without.decoded == 10


def test_a_disk_that_fills_up_costs_the_pack_and_not_the_training(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vitreous.data.pack._write_at", full)
    result = once(items)
    assert len(result.readable) == 10 and result.remark.startswith("The pack of decoded pictures is not complete: cannot write")


def test_a_pack_that_would_take_half_of_the_disk_is_not_begun(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.data.pack.free_bytes", lambda _: 1000)
    result = once(items)
    assert len(result.readable) == 10 and "more than half of what is free" in result.remark


def test_progress_counts_every_picture_up_to_the_last(items: list[Item]) -> None:
    told: list[tuple[str, int, int]] = []
    Path(items[1].path).write_bytes(b"no picture")
    with open_pack(Path(items[0].path).parents[1], "1") as pack:
        Extractor(small_network(), SETTING, pack, Policy(), lambda *each: told.append(each)).gather(items, VIEW, "looking")
    assert [done for _, done, _ in told] == list(range(11)) and {(stage, total) for stage, _, total in told} == {("looking", 10)}
