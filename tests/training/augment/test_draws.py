"""Random numbers by counting: the published ones of splitmix64, and even ones."""

import numpy as np

from vitreous.training.augment.draws import PURPOSES, below, draws, mixed, uniform


def test_the_mixer_gives_the_published_numbers_of_splitmix64() -> None:
    # seed 1234567: rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
    states = (1234567 + 0x9E3779B97F4A7C15 * np.arange(1, 6, dtype=object)) % 2**64
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    assert mixed(np.array(states.tolist(), np.uint64)).tolist() == published


def test_another_seed_epoch_purpose_or_number_is_another_draw() -> None:
    numbers = np.arange(1000)
    all_of_them = [draws(seed, epoch, purpose, numbers) for seed in (0, 1) for epoch in (0, 1, 2) for purpose in PURPOSES]
    assert len(np.unique(np.concatenate(all_of_them))) == len(all_of_them) * 1000


def test_purposes_have_numbers_of_their_own() -> None:
    assert len(set(PURPOSES.values())) == len(PURPOSES)


def test_draws_are_even_and_those_of_two_purposes_do_not_hang_together() -> None:
    numbers = np.arange(100_000)
    a, b = (uniform(draws(0, 0, purpose, numbers)) for purpose in ("right", "down"))
    # five standard errors of a mean (0.289 / √n), of a correlation (1 / √n) and of a count of n / 9
    assert abs(a.mean() - 0.5) < 5 * 0.289 / np.sqrt(len(a)) and abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(len(a))
    counts = np.bincount(below(draws(0, 0, "right", numbers), 9), minlength=9)
    assert len(counts) == 9 and np.abs(counts - len(a) / 9).max() < 5 * np.sqrt(len(a) / 9)
    neighbours = np.corrcoef(a[1:], a[:-1])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(len(a))
