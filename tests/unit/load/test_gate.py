"""The regression gate: what counts as slower than the baseline, and how it is told."""

from tests.load.gate import compare, shown, to_keep

BASELINE = {"get": {"ratio": 0.60, "tolerance": 0.25}, "list": {"ratio": 0.40, "tolerance": 0.1}}


def measured(**ratios):
    return {name: {"ratio": ratio, "bad": 0} for name, ratio in ratios.items()}


def faults(figures):
    return {one.name: one.fault for one in compare(BASELINE, figures)}


def test_a_ratio_within_its_tolerance_passes():
    assert faults(measured(get=0.46, list=0.37)) == {"get": None, "list": None}


def test_a_faster_product_passes():
    assert faults(measured(get=1.2, list=0.9)) == {"get": None, "list": None}


def test_a_ratio_below_its_tolerance_fails_and_says_by_how_much():
    assert faults(measured(get=0.30, list=0.20)) == {"get": "fell by 50%", "list": "fell by 50%"}


def test_an_endpoint_that_was_not_measured_fails():
    assert faults(measured(get=0.6)) == {"get": None, "list": "was not measured"}


def test_answers_that_were_no_success_fail_however_fast_they_were():
    figures = {**measured(list=0.4), "get": {"ratio": 9.0, "bad": 3}}

    assert faults(figures) == {"get": "3 answers were no success", "list": None}


def test_a_new_endpoint_passes_and_is_shown_as_new():
    compared = compare(BASELINE, measured(get=0.6, list=0.4, health=0.9))

    assert [one.name for one in compared] == ["get", "list", "health"]
    assert shown(compared).splitlines()[-1].split(maxsplit=5) == [
        "health", "–", "–", "0.90", "–", "new: no baseline",
    ]  # fmt: skip


def test_the_table_names_what_fell():
    table = shown(compare(BASELINE, measured(get=0.3, list=0.4)))

    told = ["get", "0.60", "0.45", "0.30", "–", "fell by 50%"]
    assert table.splitlines()[1].split(maxsplit=5) == told
    assert table.splitlines()[2].endswith("ok")


def test_a_new_baseline_keeps_the_tolerances_that_were_set():
    kept = to_keep(measured(list=0.5, health=0.9), BASELINE)

    assert kept == {
        "list": {"ratio": 0.5, "tolerance": 0.1},
        "health": {"ratio": 0.9, "tolerance": 0.25},
    }
