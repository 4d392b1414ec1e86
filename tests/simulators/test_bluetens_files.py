from __future__ import annotations

from ptdevice_sim.bluetens_files import Console, digest


def heard(console: Console, *pieces: bytes) -> list[tuple[list[str], list[str] | None]]:
    """Each line's words, and what was said about them."""
    return [(words, console.do(words)) for piece in pieces for words in console.lines(piece)]


def test_a_file_comes_behind_its_line_in_any_pieces_and_lines_go_on_after_it() -> None:
    console = Console({})
    said = heard(console, b">cat f -", b"l=5\r\nab", b"\ncd", b">stat\r\n")
    assert said == [(["cat", "f", "-l=5"], []), ([""], ["", "3: end of cat"]), (["stat"], None)]
    assert console.files == {"f": "ab\ncd"}


def test_a_file_has_the_digest_of_its_content() -> None:
    # Of a script of the vendor's app, published with its length; the digest is that of any MD5.
    text = "V1D16{R12c|F64P32C12c|R6Pc8F2C1}"
    assert digest(text) == "2c6da37f8c710620843d0f23e05e4f91"
    assert heard(Console({"han": text}), b">md5 han\n") == [(["md5", "han"], [digest(text)])]


def test_a_file_that_is_not_there_is_a_failure() -> None:
    assert heard(Console({}), b">md5 x\n") == [(["md5", "x"], ["100: failure"])]


def test_a_link_that_ends_takes_half_a_file_with_it() -> None:
    console = Console({})
    heard(console, b">cat f -l=5\nab")
    console.hang_up()
    assert heard(console, b">ver\n") == [(["ver"], None)]
    assert console.files == {}
