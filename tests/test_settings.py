"""Settings: defaults hold, faults are one sentence, the README tells all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from dnstats.settings import ROOT, SETTINGS, BadSetting, Settings, load

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
        ("DNSTATS_SCHEDULE", "tomorrow", "neither five fields of cron"),
        ("DNSTATS_SCHEDULE", "0 8 * *", "neither five fields of cron"),
        ("DNSTATS_VAR", "~no-such-user-here/var", "is no path"),
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


@pytest.mark.parametrize(
    "schedule", ["0 8 * * *", "*/5 0-6,9 1 JAN-MAR MON#1", "@daily", "never", "after list"]
)
def test_a_schedule_is_cron_or_a_word(schedule: str) -> None:
    assert load({"DNSTATS_SCHEDULE": f" {schedule} "})["DNSTATS_SCHEDULE"] == schedule


def test_a_relative_path_is_of_the_checkout_whatever_folder_a_process_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({"DNSTATS_VAR": "other", "DNSTATS_OPT_OUT": "~/no.txt", "HOME": str(tmp_path)})
    assert settings.var == ROOT / "other"
    assert settings.archive == str(ROOT / "other" / "archive")
    assert Path(settings["DNSTATS_OPT_OUT"]).is_absolute()


def test_the_address_of_an_archive_or_a_list_is_no_path() -> None:
    given = {"DNSTATS_ARCHIVE": "s3://bucket/dnstats", "DNSTATS_SITE_LIST": "https://a.example/l"}
    settings = load(given)
    assert settings.archive == given["DNSTATS_ARCHIVE"]
    assert settings["DNSTATS_SITE_LIST"] == given["DNSTATS_SITE_LIST"]
