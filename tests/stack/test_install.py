"""The installer's stamp: installed once, again when anything changed, never half."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dnstats.stack import install


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose lock file is empty, so that nothing is downloaded."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "requirements-dev.txt").write_text("")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return tmp_path


def files(root: Path, *names: str) -> list[Path]:
    return [root / name for name in names or ("requirements.txt",)]


def test_it_installs_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install.install(root, files(root))
    assert "installed" in capsys.readouterr().out
    python = root / ".venv" / "bin" / "python"
    assert install.usable(python)
    install.install(root, files(root))
    assert capsys.readouterr().out == ""


def test_the_package_is_found_whatever_letters_the_path_has_and_the_locale_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "über 'here'"
    (root / "plugins").mkdir(parents=True)
    (root / "requirements.txt").write_text("")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    install.install(root, files(root))
    asked = subprocess.run(
        [root / ".venv" / "bin" / "python", "-c", "import sys; print(ascii(sys.path))"],
        env={"PATH": os.defpath, "LC_ALL": "tr_TR.ISO-8859-9", "PYTHONUTF8": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(root / "plugins") in ast.literal_eval(asked.stdout)


def test_what_was_cut_off_is_done_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install.install(root, files(root))
    (root / ".venv" / install.STAMP).unlink()
    capsys.readouterr()
    install.install(root, files(root))
    assert "installing requirements.txt" in capsys.readouterr().out


def test_a_broken_interpreter_makes_a_new_venv(root: Path) -> None:
    install.install(root, files(root))
    python = root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert install.installed(root / ".venv") == set()
    install.install(root, files(root))
    assert install.usable(python)


def test_the_tests_requirements_come_on_top_and_stay(root: Path) -> None:
    both = files(root, "requirements.txt", "requirements-dev.txt")
    assert not install.fingerprint(both) <= install.fingerprint(files(root))
    assert install.fingerprint(files(root)) <= install.fingerprint(both)


def test_another_lock_or_place_is_another_fingerprint(root: Path, tmp_path: Path) -> None:
    before = install.fingerprint(files(root))
    (root / "requirements.txt").write_text("# changed\n")
    assert install.fingerprint(files(root)) != before


def test_an_old_python_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert install.main([]) == 1
    said = capsys.readouterr().err
    assert "3.11 or newer" in said
    assert said.count("\n") == 1


def test_a_python_without_venv_is_one_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(install.Refused, match="python3-venv"):
        install.install(root, files(root))
    assert not (root / ".venv").exists()
