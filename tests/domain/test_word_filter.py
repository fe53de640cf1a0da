"""Banned terms: found in every usual disguise, and never in ordinary text."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.word_filter import HARD, hard_terms
from bot.domain.moderation.confusables import STANDS_FOR
from bot.domain.moderation.plain_words import plain
from bot.domain.moderation.word_filter import Filter
from tests.tables import every_row

TERMS = Filter(
    ["bad", "ass", "hell", "pot", "cop", "loo", "ill", "ak", "so", "bad word", "Zürich", "Νίκη", "420", "69"]
)


@every_row(
    "prompt",
    [
        *(
            "bad",
            "BAD",
            "a bad cat",
            "bad!",
            "(bad)",
            "bad's",
            "#bad",
            "«bad»",
            "bad,cat",
            "two\nbad\nlines",
            "very_bad",
        ),
        *("Bád", "b̶a̶d̶", "ḅạḍ", "b\u0489ad", "ZURICH", "zürich", "zu\u0308rich", "νίκη", "ΝΙΚΗ"),
        *("ｂａｄ", "𝐛𝐚𝐝", "𝔟𝔞𝔡", "ⓑⓐⓓ", "🅱🅰🅳", "🄱🄰🄳", "ʙᴀᴅ", "ᵇᵃᵈ"),
        *(
            "b\u200bad",
            "b\u00adad",
            "b\u2060a\ufeffd",
            "ba\u034fd",
            "b\ufe0fad",
            "b\u202ead",
            "\u2066bad\u2069",
            "b\u115fad",
        ),
        *("bаd", "bα𝖽", "Ьad", "hеll", "сор", "a сор eating", "ροt", "НЕLL", "ꓐꓮꓓ", "ᏼad"),
        *("b4d", "b@d", "a$$", "a$$!", "@$$", "h3ll", "he11", "p0t", "4ss", "he||"),
        *("b*d", "h**l", "h*ll"),
        *("b a d", "b.a.d", "b-a-d", "b_a_d", "b  a  d", "b/a/d", "b a d!", "so b a d", "I b a d", "a b a d", "b 4 d"),
        *("h.e.l.l", "x h e l l y", "b🔥a🔥d", "ｂ ａ ｄ", "b\u200b a\u200b d"),
        *("bad word", "bad  word", "bad-word", "bad... word", "b@d w0rd", "b a d w o r d", "BAD\u3000WORD"),
        *("at 420", "４２０"),
    ],
)
def test_a_banned_term_is_found_in_disguise(prompt: str) -> None:
    assert TERMS.find(prompt)
    assert TERMS.find(f"a cat and {prompt} in the rain")


@every_row(
    "prompt",
    [
        *("badge", "a badger", "class", "glass of water", "hello", "shell", "pottery", "copper", "baadd", "abad"),
        *(
            "a 100 year old tree",
            "4k video, 3d, 8k",
            "8 gb of ram",
            "$100 and $50",
            "wow!!! great!",
            "1st, 2nd, 3rd",
            "50 km",
        ),
        *(
            "options b, a, d",
            "grades A, B, C, D",
            "the b and a d",
            "J. R. R. Tolkien",
            "U.S.A. in the 50s",
            "x, y, z axes",
        ),
        *(
            "ba d",
            "b ad",
            "the band plays",
            "2 * 3 * 4",
            "**bold** *words*",
            "a * b",
            "10:00 to 11:11",
            "1 0 0",
            "call 1 2 3",
        ),
        *("мальчик открыл рот", "рот крупным планом, сор на полу", "сор лежит у дома", "ο κόπος και το ποτάμι"),
        *("猫が走る", "고양이", "ล้อ", "हिन्दी में", "עברית", "😀 👩‍👩‍👧", "", "…", "\u200b"),
        *("42 0", "4 20", "1420", "b g", "word badly"),
    ],
)
def test_ordinary_text_passes(prompt: str) -> None:
    assert TERMS.find(prompt) is None


@pytest.mark.parametrize(
    ("term", "hit", "miss"),
    [
        ("рот", ["РОТ", "покажи рот", "покажи рoт", "pот", "ро\u0301т"], ["a pot on fire", "ротор"]),
        ("坏词", ["这是坏词吗", "坏 词", "坏·词", "坏\u200b词", "坏词!"], ["坏的词", "这很坏。词典"]),
        ("バカ", ["おバカさん", "ばか", "ﾊﾞｶ"], ["カバ", "ハカ"]),
        ("바보", ["바보야", "바 보"], ["보바"]),
        ("โง่", ["คนโง่มาก"], ["โง"]),
        ("sh1t", ["sh1t"], ["shit"]),
        ("a.b.c", ["a b c", "a-b-c"], ["a b"]),
        ("c++", ["c++", "write c"], ["cat"]),
    ],
)
def test_terms_of_every_script_are_found_as_they_are_written(term: str, hit: list[str], miss: list[str]) -> None:
    banned = Filter([term])
    assert [prompt for prompt in hit if banned.find(prompt) != term] == []
    assert [prompt for prompt in miss if banned.find(prompt)] == []


def test_the_term_is_answered_as_it_was_typed() -> None:
    assert Filter(["  Bad Wörd "]).find("BAD   WORD") == "  Bad Wörd "
    assert Filter([]).find("anything") is None
    assert Filter(["...", ""]).find("...") is None


letters = st.text(string.ascii_lowercase, min_size=3, max_size=12)
noise = st.sampled_from(["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u0301", "\u0336", "\ufe0f", ""])
looks = {
    letter: [sign for sign, of in STANDS_FOR.items() if letter in of and sign.isalpha()]
    for letter in string.ascii_lowercase
}


@given(letters, st.data())
def test_a_word_of_latin_letters_is_found_whatever_is_done_to_its_letters(term: str, data: st.DataObject) -> None:
    def disguise(letter: str) -> str:
        wide = chr(ord(letter) + 0xFEE0)
        return data.draw(st.sampled_from([letter, letter.upper(), wide, letter, *looks[letter]])) + data.draw(noise)

    said = term[0] + "".join(disguise(letter) for letter in term[1:])  # one letter of its own script: never at home
    assert Filter([term]).find(f"the {said} here") == term


@given(st.lists(letters, max_size=6), st.lists(letters, max_size=30))
def test_plain_words_are_found_exactly_when_they_are_said(terms: list[str], words: list[str]) -> None:
    found = Filter(terms).find(" ".join(words))
    assert (found is not None) == bool(set(terms) & set(words))


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_reading_twice_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    Filter([text[:100]]).find(text)
    assert TERMS.find("".join(sign for sign in text if unicodedata.category(sign)[0] in "ZPC")) is None


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_the_longest_prompts_are_read_to_their_end_against_500_terms(text: str) -> None:
    banned = Filter([*hard_terms(), "needle"])
    assert banned.find(text) is None or text == HARD["near"]
    assert banned.find(f"{text} needle") is not None
