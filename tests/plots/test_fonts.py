import warnings

from matplotlib.figure import Figure

from cijob_analysis.plots.fonts import drawable, families, text_style

LATIN = frozenset(range(0x20, 0x250)) | {ord("□")}
CHINESE = LATIN | frozenset(range(0x4E00, 0xA000))


def test_text_is_drawn_as_it_is_where_there_are_glyphs() -> None:
    assert drawable("春节 100% a_b $x$", CHINESE) == "春节 100% a_b $x$"


def test_without_a_font_there_is_a_box_for_each_character() -> None:
    assert drawable("春节 100%", LATIN) == "□□ 100%"
    assert drawable("春节", frozenset(range(0x80))) == "??"


def test_text_stands_on_one_line_and_odd_blanks_become_blanks() -> None:
    assert drawable(" a\nb\tc  d\u3000", LATIN) == "a b c d"
    assert drawable("12\u202f480\u200bx", LATIN) == "12 480□x"


def test_fallbacks_are_taken_if_installed_in_order_after_what_the_user_has_chosen() -> None:
    names = families({"SimHei", "Comic Sans", "Noto Sans CJK SC"})
    assert names[-2:] == ["Noto Sans CJK SC", "SimHei"]
    assert families(set()) == names[:-2]


def test_whatever_the_fonts_no_text_warns() -> None:
    figure = Figure()
    text, style = text_style("春节 $x_1$ \U0001f3ac a\\b {%} \u0378")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.text(0, 0, text, **style)
        figure.canvas.draw()
    assert style["parse_math"] is False
    assert "$x_1$" in text
