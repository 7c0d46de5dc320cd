"""Labels as they are drawn: every character has a glyph, nothing becomes markup, and different labels stay different."""

from vitreous.draw.fonts import has_glyph
from vitreous.draw.lettering import drawable, left_to_right, within_a_sentence, wrapped


def test_what_a_font_has_stays_as_it_is() -> None:
    for text in ("t-shirt", "$5 \\alpha$", "<b>", "été", "платье", "فستان", "שמלה"):
        assert drawable(text) == text


def test_what_no_font_has_is_named() -> None:
    assert drawable("a\U0001f457") == ("a\U0001f457" if has_glyph("\U0001f457") else "a‹dress›")
    assert drawable("\U0001f469\U0001f3fd\u200d\U0001f52c").count("‹") in (0, 1, 2)
    assert drawable("\U00012000") == "‹12000›" and drawable("\U00012001") == "‹12001›"  # cuneiform


def test_control_codes_and_broken_names_become_escapes() -> None:
    assert drawable("a\x1b[31m\n") == "a\\x1b[31m\\n"
    assert drawable("a\udcff") == "a\\udcff"


def test_every_drawn_character_has_a_glyph() -> None:
    shown = "".join(drawable(chr(point), 99) for point in range(0x20, 0x1FB00, 37))
    assert all(character.isascii() or has_glyph(character) for character in shown)


def test_long_labels_keep_both_ends_and_their_length() -> None:
    assert drawable("x" * 9 + "y" * 9, 9) == "xxxx…yyyy"
    assert drawable("x" * 300) == "x" * 20 + "…" + "x" * 19
    assert drawable("nine char", 9) == "nine char"


def test_a_label_in_arabic_is_set_apart_and_one_in_latin_is_not() -> None:
    assert left_to_right("فستان") == "\u200eفستان\u200e" and left_to_right("dress") == "dress"
    assert within_a_sentence("$5") == "“$5”"


def test_sentences_break_at_words() -> None:
    assert wrapped("dress is taken for skirt 4 times", 1.5, 11) == "dress is taken\nfor skirt 4\ntimes"
