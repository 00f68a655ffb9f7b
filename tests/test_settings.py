"""Settings: defaults hold, faults are one sentence, the README tells all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from dnstats.settings import SETTINGS, BadSetting, Settings, load

README = Path(__file__).parents[1] / "README.md"


def test_the_defaults_can_be_used() -> None:
    settings = Settings({})
    assert settings["DNSTATS_GATE"] == 92
    assert settings.archive == str(settings.var / "archive")


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("DNSTATS_ENV", "Staging", "neither Production nor Development"),
        ("DNSTATS_GATE", "101", "not between 0 and 100"),
        ("DNSTATS_GATE", "many", "not a number"),
        ("DNSTATS_GATE", "nan", "not between"),
        ("DNSTATS_SCAN_SLOTS", "1.5", "not a whole number"),
        ("DNSTATS_SCAN_SLOTS", "0", "not between 1 and 64"),
        ("DNSTATS_ALLOW_SPECIAL", "perhaps", "neither true nor false"),
        ("DNSTATS_DIRECT_PORT", "65536", "not between 1 and 65535"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_it(variable: str, value: str, why: str) -> None:
    with pytest.raises(BadSetting, match=why) as fault:
        load({variable: value})
    assert str(fault.value).startswith(f"{variable}='{value}' cannot be used: ")


def test_lists_are_cut_at_commas_and_blanks() -> None:
    settings = load({"DNSTATS_RESOLVERS": "192.0.2.1, 192.0.2.2:5353"})
    assert settings["DNSTATS_RESOLVERS"] == ("192.0.2.1", "192.0.2.2:5353")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.variable)
def test_the_readme_tells_every_setting(setting) -> None:
    assert f"| `{setting.variable}` |" in README.read_text("utf-8")
    assert setting.help in README.read_text("utf-8")
