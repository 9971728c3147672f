# SPDX-License-Identifier: BSD-2-Clause
"""iconv() of the C library against Python's codecs."""

from __future__ import annotations

import codecs

import pytest

from libc_harness import answers_to, cached

SINGLE = (
    *("iso-8859-1", "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6"),
    *("iso-8859-7", "iso-8859-8", "iso-8859-9", "iso-8859-10", "iso-8859-11", "iso-8859-13"),
    *("iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r", "koi8-u"),
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("cp437", "cp850", "cp866"),
)

# With texts that there are characters for. musl reads all of them and does not write them all.
MULTIPLE = {
    "utf-16le": "",
    "utf-16be": "",
    "utf-32le": "",
    "utf-32be": "",
    "shift_jis": "漢字かなカナ｡ｱ",
    "euc-jp": "漢字かなカナ",
    "gbk": "汉字漢字",
    "gb18030": "汉字漢字€é",
    "gb2312": "汉字",
    "big5": "漢字",
    "euc-kr": "한글漢字",
}
READ_ONLY = ("gbk", "gb18030", "gb2312", "big5", "euc-kr")
SAMPLE = "aé߿ࠀ€\ud7ff\ue000\uffff\U00010000😀\U0010ffff"


# From, to, bytes, room for the result, which has bytes and, after an error, what is left.
STATES: list[tuple[str, str, bytes, int, str]] = [
    ("utf-8", "nonsense", b"", 1, "cannot: EINVAL"),
    ("nonsense", "utf-8", b"", 1, "cannot: EINVAL"),
    ("", "utf-8", "é".encode(), 9, "c3a9 0"),
    ("UTF8", "Latin1", "é".encode(), 9, "e9 0"),
    ("utf-8", "ascii", b"a\xc3\xa9b", 9, "612a62 1"),
    ("utf-8", "utf-16le", b"ab", 3, "6100 E2BIG 1"),
    ("utf-8", "utf-8", b"a\xe2\x82\xac", 3, "61 E2BIG 3"),
    ("utf-8", "utf-16be", b"a\xff", 9, "0061 EILSEQ 1"),
    ("utf-8", "utf-16be", b"a\xe2\x82", 9, "0061 EINVAL 2"),
    ("utf-8", "utf-16be", b"a\xed\xa0\x80", 9, "0061 EILSEQ 3"),
    ("utf-16le", "utf-8", b"\x3d\xd8\x00\xde", 9, "f09f9880 0"),
    ("utf-16le", "utf-8", b"\x3d\xd8a\0", 9, " EILSEQ 4"),
    ("utf-16le", "utf-8", b"\x00\xde", 9, " EILSEQ 2"),
    ("utf-16le", "utf-8", b"a\0b", 9, "61 EINVAL 1"),
    ("utf-16le", "utf-8", b"\x3d\xd8", 9, " EINVAL 2"),
    ("utf-16", "utf-8", b"\xff\xfea\0", 9, "61 0"),
    ("utf-16", "utf-8", b"\xfe\xff\0a", 9, "61 0"),
    ("utf-8", "utf-16", b"a", 9, "0061 0"),
    ("utf-32", "utf-8", b"\0\0\xfe\xff\0\0\0a", 9, "61 0"),
    ("ucs2", "utf-8", b"\xff\xfea\0", 9, "61 0"),
    ("utf-32be", "utf-8", b"\0\x11\0\0", 9, " EILSEQ 4"),
    ("utf-32be", "utf-8", b"\0\0\xd8\0", 9, " EILSEQ 4"),
    ("iso-2022-jp", "utf-8", b"a\x1b$B4A;z\x1b(Bb", 20, "61e6bca2e5ad9762 0"),
    # Every character comes back to the first state, which is longer than it needs to be.
    (
        *("utf-8", "iso-2022-jp", "a漢字b".encode(), 30),
        b"a\x1b$B4A\x1b(B\x1b$B;z\x1b(Bb".hex() + " 0",
    ),
    ("utf-8", "iso-2022-jp", "漢".encode(), 20, b"\x1b$B4A\x1b(B".hex() + " 0"),
    ("ascii", "utf-8", b"a\x80", 9, "61 EILSEQ 1"),
    ("utf-8", "latin1//TRANSLIT", b"a", 9, "cannot: EINVAL"),
]


Question = tuple[str, str, bytes, int]


def line(question: Question) -> str:
    source, target, data, room = question
    return f"{source}\t{target}\t{data.hex()}\t{room}"


def convert(*questions: Question) -> list[str]:
    """All tests ask in one run."""
    found = answers_to("libc_iconv", everything())
    return [found[line(question)] for question in questions]


@cached
def everything() -> tuple[str, ...]:
    questions = [question for codec in SINGLE for way in bytes_of(codec) for question in way]
    questions += [question for codec in MULTIPLE for question in texts_of(codec)]
    questions += [(source, target, data, room) for source, target, data, room, _ in STATES]
    return tuple(dict.fromkeys(map(line, questions)))


def bytes_of(codec: str) -> tuple[list[Question], list[Question]]:
    table = one_by_one(codec)
    there: list[Question] = [(codec, "utf-8", bytes([byte]), 10) for byte in table]
    back: list[Question] = [("utf-8", codec, text.encode(), 10) for text in table.values()]
    return there, back


def texts_of(codec: str) -> tuple[Question, Question]:
    text = text_for(codec)
    return ("utf-8", codec, text.encode(), 100), (codec, "utf-8", text.encode(codec), 100)


def text_for(codec: str) -> str:
    return "plain " + (MULTIPLE[codec] or SAMPLE)


def one_by_one(codec: str) -> dict[int, str]:
    table = {}
    for byte in range(256):
        try:
            table[byte] = bytes([byte]).decode(codec)
        except UnicodeDecodeError:
            continue
    return table


@pytest.mark.parametrize("codec", SINGLE)
def test_codepages_byte_by_byte(codec: str) -> None:
    """What Python's table leaves open stays open: other tables put control characters there."""
    table = one_by_one(codec)
    there, back = (convert(*questions) for questions in bytes_of(codec))
    wrong = [
        f"{byte:#x}: {found}"
        for (byte, text), found in zip(table.items(), there, strict=True)
        if found != f"{text.encode().hex()} 0"
    ]
    wrong += [
        f"{text!r}: {found}"
        for (byte, text), found in zip(table.items(), back, strict=True)
        if found != f"{byte:02x} 0"
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("codec", MULTIPLE)
def test_texts_there_and_back(codec: str) -> None:
    text = text_for(codec)
    there, back = convert(*texts_of(codec))
    assert back == f"{text.encode().hex()} 0"
    written = f"{text.encode(codec).hex()} 0"
    assert there == ("cannot: EINVAL" if codec in READ_ONLY else written)


@pytest.mark.parametrize("row", STATES)
def test_states_and_errors(row: tuple[str, str, bytes, int, str]) -> None:
    assert convert(row[:4]) == [row[4]]


def test_python_knows_the_same_sets() -> None:
    """A control of the tables above: a codec that Python takes for another would prove nothing."""
    names = {codecs.lookup(codec).name for codec in (*SINGLE, *MULTIPLE)}
    assert len(names) == len(SINGLE) + len(MULTIPLE)
