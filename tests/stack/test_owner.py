"""One owner a checkout; what others read of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from dnstats.stack import processes
from dnstats.stack.fault import StackFault
from dnstats.stack.owner import Order, Owner, State, read_state, ready_state, take_lock
from dnstats.stack.places import Places
from dnstats.stack.run import Wanted, usable


@pytest.fixture
def places() -> Iterator[Places]:
    # pytest's own tmp_path is 0700: as root, the database would have to go elsewhere.
    root = Path(tempfile.mkdtemp(prefix="dnstats-test-"))
    root.chmod(0o711)
    yield Places(root, root / "var", root / "dags")
    shutil.rmtree(root)


def test_a_second_owner_is_refused_in_one_sentence(places: Places) -> None:
    with take_lock(places), pytest.raises(StackFault, match="already"):
        take_lock(places, 0.0)
    take_lock(places, 0.0).close()


def test_without_an_owner_a_state_that_lies_about_is_not_believed(places: Places) -> None:
    places.state.parent.mkdir(parents=True)
    places.state.write_text(json.dumps({"pid": 1, "kind": "up", "ready": True}))
    assert read_state(places) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_state_that_cannot_be_read_is_not_ready(places: Places, text: str) -> None:
    places.state.parent.mkdir(parents=True)
    places.state.write_text(text)
    with take_lock(places):
        state = read_state(places)
    assert state is not None
    assert not state.ready


def test_an_owner_that_lost_the_lock_stops_nothing(places: Places) -> None:
    with take_lock(places):
        places.members.parent.mkdir(parents=True, exist_ok=True)
        places.members.touch()
        other = processes.spawn(
            ["sleep", "30"],
            env={},
            log=places.logs / "other.log",
            cwd=places.root,
            member_file=places.members,
        )
        late = Owner(places, Order("lab", False), "run", print)
        try:
            with pytest.raises(StackFault):
                late.start()
            late.stop()
            assert processes.alive(other.pid)
        finally:
            other.kill()
            other.wait()


def test_secrets_are_made_once_and_are_private(places: Places) -> None:
    first = Owner(places, Order("lab", False), "run", print).secrets
    second = Owner(places, Order("lab", False), "run", print).secrets
    assert first == second
    assert json.loads(first.passwords_file.read_text()) == {"admin": first.admin_password}
    for path in places.secrets.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert places.secrets.stat().st_mode & 0o077 == 0


def test_a_stack_that_starts_is_told_from_none(places: Places) -> None:
    with pytest.raises(StackFault, match="make up"):
        ready_state(places)
    with take_lock(places), pytest.raises(StackFault, match="still starting"):
        ready_state(places)


LAB = State(1, "up", "http://127.0.0.1:8080", "lab", ("127.53.0.1:53",), 53, ready=True)
WANTED = Wanted(10, None, "auto", None, None)


@pytest.mark.parametrize(
    ("state", "wanted", "said"),
    [
        (LAB._replace(kind="run"), WANTED, "another `make run` is under way"),
        (LAB._replace(ready=False), WANTED, "still starting"),
        (LAB, WANTED._replace(dns="192.0.2.53"), "has DNS=lab, not 192.0.2.53"),
        (LAB, WANTED._replace(site_list="/lists/mine.csv"), "would call all of .*mine.csv non-exi"),
    ],
)
def test_a_stack_that_cannot_do_what_is_wanted_says_why(
    state: State, wanted: Wanted, said: str
) -> None:
    with pytest.raises(StackFault, match=said):
        usable(state, wanted)


def test_a_stack_that_can_is_used() -> None:
    assert usable(LAB, WANTED) is LAB
    own = WANTED._replace(site_list="/lists/mine.csv")
    assert usable(LAB._replace(dns="system"), own).dns == "system"
