from cijob_analysis.plots.style import looks_of, series_looks
from cijob_analysis.schema import STATES

COLORS = {
    "Submitted": "#E0E0E0",
    "Running": "#56B4E9",
    "Pause": "#555555",
    "Success": "#0072B2",
    "Failed": "#D55E00",
    "Cancel": "#999999",
}


def test_each_known_state_has_its_colour_and_a_hatch_of_its_own() -> None:
    looks = looks_of(STATES)
    assert [look.color for look in looks] == [COLORS[state] for state in STATES]
    assert len({look.hatch for look in looks if look.hatch}) == 4
    assert {state for state, look in zip(STATES, looks, strict=True) if not look.hatch} == {"Submitted", "Success"}


def test_unknown_states_and_none_look_like_nothing_else() -> None:
    looks = looks_of([*STATES, "Archived", "Frozen", None])
    assert len({(look.color, look.hatch) for look in looks}) == len(looks)
    assert all(look.hatch for look in looks[6:])


def test_series_have_no_colour_of_a_state_and_repeat_none_with_the_same_dashes() -> None:
    looks = series_looks(20)
    assert not {look.color for look in looks} & set(COLORS.values())
    assert len({(look.line, look.dashes) for look in looks}) == 20
