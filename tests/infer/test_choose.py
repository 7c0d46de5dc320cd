"""Which setting is taken, when it is measured, and when bf16 may stand for fp32."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import small_network

from vitreous.errors import UsageError
from vitreous.infer import choose
from vitreous.infer.choose import CLEARLY_FASTER, WORTH_MEASURING, fastest_setting, keeps_answers, setting_for_answers
from vitreous.infer.engine import Setting
from vitreous.infer.network import Network


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Setting]:
    """The settings whose rate was measured; bf16 counts as twice as fast."""
    asked: list[Setting] = []

    def rate(_: Network, setting: Setting) -> float:
        asked.append(setting)
        return 200.0 if setting.number_format == "bf16" else 100.0

    monkeypatch.setattr(choose, "_rate", rate)
    monkeypatch.setattr("vitreous.infer.openvino_engine.native_bf16", lambda: True)
    return asked


def test_few_pictures_are_not_worth_a_measurement(measured: list[Setting]) -> None:
    setting = fastest_setting(small_network(), WORTH_MEASURING - 1)
    assert not measured and setting.number_format == "f32" and setting.rate is None


def test_the_fastest_is_taken_said_and_remembered(measured: list[Setting], own_cache: Path) -> None:
    first = fastest_setting(small_network(), 5000)
    assert first.number_format == "bf16" and first.rate == 200.0 and first.reason == "measured: fp32 100/s, bf16 200/s"
    count = len(measured)
    assert fastest_setting(small_network(), 5000) == first and len(measured) == count
    assert len(list((own_cache / "engine").iterdir())) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"library": "openvino"}', '{"surprise": 1}', "\x00\x01"])
def test_a_damaged_memory_is_measured_again(content: str, measured: list[Setting], own_cache: Path) -> None:
    first = fastest_setting(small_network(), 5000)
    (file,) = (own_cache / "engine").iterdir()
    file.write_text(content)
    count = len(measured)
    assert fastest_setting(small_network(), 5000) == first and len(measured) > count
    assert json.loads(file.read_text())["library"] == "openvino"


def test_without_a_cache_it_is_measured_each_time(measured: list[Setting], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / "file"))
    fastest_setting(small_network(), 5000)
    count = len(measured)
    fastest_setting(small_network(), 5000)
    assert len(measured) == 2 * count


def test_a_gain_within_the_noise_does_not_pay_for_bf16(measured: list[Setting], monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {"f32": 100.0, "bf16": 100 * CLEARLY_FASTER - 1}
    monkeypatch.setattr(choose, "_rate", lambda _, setting: rates[setting.number_format])
    assert fastest_setting(small_network(), 5000).number_format == "f32"


def test_a_processor_without_bf16_is_not_asked_for_it(measured: list[Setting], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.infer.openvino_engine.native_bf16", lambda: False)
    assert fastest_setting(small_network(), 5000).number_format == "f32"
    assert {setting.number_format for setting in measured} == {"f32"}


@pytest.mark.parametrize("asked", ["f32", "bf16"])
def test_a_number_format_that_was_named_is_kept(asked: str, measured: list[Setting]) -> None:
    assert fastest_setting(small_network(), 5000, asked).number_format == asked
    assert {setting.number_format for setting in measured} == {asked}
    assert fastest_setting(small_network(), 10, asked).number_format == asked


def test_onnxruntime_is_not_measured(measured: list[Setting]) -> None:
    pytest.importorskip("onnxruntime")
    setting = fastest_setting(small_network(), 5000, "f32", "onnxruntime")
    assert setting.library == "onnxruntime" and not measured


def test_a_network_answers_in_the_number_format_it_was_trained_with() -> None:
    plain = small_network()
    trained = Network(plain.data, plain.path, plain.facts | {"number_format": "bf16"})
    assert setting_for_answers(trained, 3, "auto").number_format == "bf16"
    assert setting_for_answers(trained, 3, "openvino-f32").number_format == "f32"
    assert setting_for_answers(plain, 3, "auto").number_format == "f32"
    with pytest.raises(UsageError, match="unknown engine 'cuda'"):
        setting_for_answers(plain, 3, "cuda")


@pytest.mark.slow
def test_a_real_measurement_gives_a_rate() -> None:
    setting = fastest_setting(small_network(), 5000, "f32")
    assert setting.rate is not None and setting.rate > 0 and f"{setting.rate:.0f}/s" in setting.reason


def answers(count: int, different: int, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Two classes; fp32 says the first by 0.8, or by `margin` where the fast answer is the second."""
    exact = np.tile(np.array([0.9, 0.1], np.float32), (count, 1))
    exact[:different] = [0.5 + margin / 2, 0.5 - margin / 2]
    fast = np.tile(np.array([0.9, 0.1], np.float32), (count, 1))
    fast[:different] = [0.4, 0.6]
    return exact, fast


@pytest.mark.parametrize(
    ("count", "different", "margin", "kept"),
    [
        (100, 0, 0.0, True),
        (100, 1, 0.05, True),  # exactly 99 %
        (99, 1, 0.05, False),
        (200, 2, 0.09, True),
        (200, 3, 0.01, False),
        (200, 1, 0.11, False),
        (1, 1, 0.0, False),
        (1, 0, 0.0, True),
    ],
)
def test_bf16_is_kept_where_99_percent_agree_and_the_rest_was_near_a_tie(count: int, different: int, margin: float, kept: bool) -> None:
    keeps, why = keeps_answers(*answers(count, different, margin))
    assert keeps == kept
    assert f"{count - different} of {count}" in why if kept else ("changes" in why)


def test_how_far_a_probability_moves_does_not_matter_while_the_answer_stays() -> None:
    exact, fast = answers(50, 0, 0)
    fast[:] = [0.51, 0.49]
    assert keeps_answers(exact, fast) == (True, "same answer on 50 of 50 held-out pictures")


def test_a_changed_answer_is_told_with_its_margin() -> None:
    assert keeps_answers(*answers(200, 1, 0.3)) == (False, "changes an answer that fp32 gives by a margin of 0.30")
    assert keeps_answers(*answers(200, 20, 0.3)) == (False, "changes 20 of 200 answers")
