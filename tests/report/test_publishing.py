"""A report stands whole or not at all, whenever somebody looks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from dnstats.report.newest import point_to_latest
from dnstats.report.publishing import find_file, publish

HOME = "2026-11-25/run-7"


def write(number: int) -> object:
    """Writes a report whose two files must never be seen of different numbers."""

    def into(draft: Path) -> None:
        (draft / "index.html").write_text(str(number))
        (draft / "sites").mkdir()
        (draft / "sites" / "data").write_text(str(number))

    return into


def test_a_reader_never_sees_half_a_report(tmp_path: Path) -> None:
    publish(tmp_path, HOME, write(0))
    seen: list[tuple[str, str]] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            home = (tmp_path / HOME).resolve()  # what one request goes through
            try:
                seen.append(((home / "index.html").read_text(), (home / "sites/data").read_text()))
            except FileNotFoundError:
                assert not home.exists() or not (home / "index.html").exists()

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for number in range(1, 60):
            publish(tmp_path, HOME, write(number))
            assert (tmp_path / HOME / "index.html").read_text() == str(number)
    finally:
        stop.set()
        reader.join()
    assert seen
    assert all(page == data for page, data in seen)


def test_the_place_is_never_empty_while_it_is_written_again(tmp_path: Path) -> None:
    publish(tmp_path, HOME, write(0))
    missing: list[bool] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            missing.append(not (tmp_path / HOME).is_symlink())

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for number in range(60):
            publish(tmp_path, HOME, write(number))
    finally:
        stop.set()
        reader.join()
    assert missing
    assert not any(missing)


def test_one_that_fails_leaves_what_stood_and_no_draft(tmp_path: Path) -> None:
    publish(tmp_path, HOME, write(1))

    def fails(draft: Path) -> None:
        (draft / "index.html").write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        publish(tmp_path, HOME, fails)
    assert (tmp_path / HOME / "index.html").read_text() == "1"
    assert len(list((tmp_path / HOME).parent.iterdir())) == 2


def test_what_a_killed_publisher_left_goes_with_the_next(tmp_path: Path) -> None:
    publish(tmp_path, HOME, write(1))
    day = (tmp_path / HOME).parent
    (day / ".run-7-left").mkdir()
    (day / ".run-7-left" / "half").write_text("")
    (day / ".run-77-other").mkdir()
    publish(tmp_path, HOME, write(2))
    names = {path.name for path in day.iterdir()}
    assert ".run-7-left" not in names
    assert ".run-77-other" in names, "another run's"


def test_a_folder_of_an_older_version_is_replaced(tmp_path: Path) -> None:
    home = tmp_path / HOME
    home.mkdir(parents=True)
    (home / "index.html").write_text("old")
    publish(tmp_path, HOME, write(1))
    assert home.is_symlink()
    assert (home / "index.html").read_text() == "1"
    assert len(list(home.parent.iterdir())) == 2


def test_the_whole_folder_can_be_moved(tmp_path: Path) -> None:
    publish(tmp_path / "a", HOME, write(1))
    point_to_latest(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert (tmp_path / "b" / "latest" / "sites" / "data").read_text() == "1"


def test_only_what_is_published_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    publish(folder, HOME, write(1))
    (tmp_path / "secret").write_text("")
    (folder / HOME / "out").symlink_to(tmp_path / "secret")
    hidden = (folder / HOME).resolve().name
    assert find_file(folder, f"{HOME}/sites/data")
    for path in (f"2026-11-25/{hidden}/index.html", f"{HOME}/out", "../secret", "", HOME,
                 f"{HOME}/\0", "x" * 5000):  # fmt: skip
        assert find_file(folder, path) is None, path
