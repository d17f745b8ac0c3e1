"""What a machine carries, from what a request costs; and what a run says of itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.load.profiles.capacity import carried
from tests.load.profiles.plan import PLANS, Length
from tests.load.profiles.watch import asked_since, counted, growth, hit_share

ROOT = Path(__file__).resolve().parents[3]
COSTS = {"gateway": 2.0, "task": 1.0, "ai": 0.0, "notify": 0.5, "postgresql": 1.5}


def test_few_cores_are_full_before_any_process_is():
    carries = carried(COSTS, 1, busy=0.5)

    assert (carries.rate, carries.bound) == (100, "cores")


def test_with_cores_enough_the_dearest_process_is_full_first():
    carries = carried(COSTS, 10, busy=0.5)

    assert (carries.rate, carries.bound) == (250, "gateway")
    assert carries.most == 1_000
    assert carries.processes == {"gateway": 4, "task": 2, "ai": 1, "notify": 1}


def test_postgresql_is_no_ceiling_of_one_core():
    assert carried({**COSTS, "postgresql": 50.0}, 1_000, busy=0.5).bound == "gateway"


def test_growth_is_counted_from_after_the_first_minute():
    noted = [(second, 50.0 if second < 60 else 100.0) for second in range(120)]

    assert growth([*noted, (120, 110.0)], from_s=60) == 0
    assert growth([(s, 100.0 + s) for s in range(60, 160)], from_s=60) == pytest.approx(0.55, 0.05)
    assert growth([(0, 50.0)], from_s=60) is None


def test_cache_hits_are_those_of_the_run_alone():
    before = counted('boss_cache_requests_total{cache="api",result="hit"} 10.0\n')
    after = counted(
        'boss_cache_requests_total{cache="api",result="hit"} 40.0\n'
        'boss_cache_requests_total{cache="api",result="miss"} 10.0\n'
    )

    assert hit_share(before, after) == 0.75
    assert hit_share({}, {}) is None
    assert asked_since(before, after) == {"api": {"hit": 30.0, "miss": 10.0}}


def test_each_profile_has_a_short_form_of_at_most_two_minutes():
    assert all(lengths[Length.SHORT].seconds <= 120 for lengths in PLANS.values())
    assert {name: lengths[Length.FULL].seconds / 60 for name, lengths in PLANS.items()} == {
        "light": 15, "medium": 30, "heavy": 60, "ramp": 200, "mix": 10,
    }  # fmt: skip


def test_the_workflow_of_the_load_tests_is_one():
    checker = Path(sys.executable).with_name("check-jsonschema")
    workflow = ROOT / ".github/workflows/load.yml"

    checked = subprocess.run(
        [checker, "--builtin-schema", "vendor.github-workflows", workflow],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout


def test_no_test_imports_locust():
    assert not [name for name in sys.modules if name.partition(".")[0] in {"locust", "gevent"}]
