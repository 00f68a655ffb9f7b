"""One service as a container engine runs it: host name, user, volumes, environment, health.

Made of util-linux: `unshare` gives it mounts and a host name of its own, `setpriv` its user and no
privileges; `nsenter` brings the health check to the same place.
"""

from __future__ import annotations

import os
import pwd
import shlex
import signal
import subprocess
import time
from pathlib import Path

from dnstats.settings import ROOT
from dnstats.stack import processes
from dnstats.stack.fault import StackFault

from rehearsal.compose_file import Service
from rehearsal.images import health_of, image_of
from rehearsal.world import ROOT_KEY

HEALTHY_SECONDS = 240.0
STOP_SECONDS = 20.0
# private: what is written below a folder stays in this mount namespace. place: a folder to mount
# on, made without writing to the machine's own disk.
PRIVATE = """
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
private() {
    layer=$(mktemp -d -p /mnt); chmod 755 "$layer"; mkdir "$layer/upper" "$layer/work"
    chmod "$2" "$layer/upper"
    mount -t overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" overlay "$1"
}
place() {
    above=$1; while [ ! -d "$above" ]; do above=$(dirname "$above"); done
    [ "$above" = "$1" ] || { private "$above" 755; mkdir -p "$1"; }
}
"""


class Container:
    """A service in `folder`, the rehearsal's own; `also`: environment beyond the file's."""

    def __init__(self, service: Service, folder: Path, also: dict[str, str], path: str) -> None:
        self.service, self.folder = service, folder
        self.image = image_of(service, folder)
        self.log = folder / "log" / f"{service.name}.log"
        self.members = folder / "members" / service.name
        self.process: subprocess.Popen[bytes] | None = None
        self.cpu_seconds = 0.0
        self.checked: tuple[str, float] = ("", 0.0)
        mine = self.image.environment | service.environment | also
        paths = [p for p in (self.image.environment.get("PYTHONPATH"),
                             service.environment.get("PYTHONPATH")) if p]  # fmt: skip
        self.environment = {
            "PATH": path, "HOME": "/tmp", "HOSTNAME": service.name, "LANG": "C.UTF-8",  # noqa: S108
            "PYTHONPYCACHEPREFIX": "/tmp/pycache",  # noqa: S108  (code is mounted read-only)
            **mine, **({"PYTHONPATH": ":".join(paths)} if paths else {}),
        }  # fmt: skip

    @property
    def name(self) -> str:
        return self.service.name

    def start(self) -> None:
        """Start its main program."""
        self.members.parent.mkdir(parents=True, exist_ok=True)
        self.process = processes.spawn(
            ["unshare", "--mount", "--uts", "--", "sh", "-ec", self._arrange(), "sh",
             *self._as_user(), *self.image.argv],
            env=self.environment, log=self.log, cwd=Path("/"), member_file=self.members,
        )  # fmt: skip

    def run(self) -> None:
        """Start it and wait until it has ended well, as a service that does its work once."""
        self.start()
        assert self.process is not None
        if self.process.wait() != 0:
            raise StackFault(f"{self.name} failed; {self.log} says why")

    def await_healthy(self) -> None:
        """Repeat the health check until it passes."""
        assert self.process is not None
        deadline = time.monotonic() + HEALTHY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise StackFault(f"{self.name} ended by itself; {self.log} says why")
            if self.is_healthy():
                return
            time.sleep(0.5)
        raise StackFault(f"{self.name} is not healthy: {self.checked[0]}")

    def is_healthy(self) -> bool:
        """Run the health check once, where the service is; `checked` keeps what came of it."""
        assert self.process is not None
        began = time.monotonic()
        asked = subprocess.run(
            ["nsenter", f"--target={self.process.pid}", "--mount", "--uts", "--",
             *self._as_user(), *health_of(self.service, self.folder)],
            env=self.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        said = (asked.stdout + asked.stderr).strip().splitlines()
        shown = f"exit status {asked.returncode}"
        if said and "--:--" not in said[-1]:  # not curl's progress
            shown += f": {said[-1][:100]}"
        self.checked = (shown, time.monotonic() - began)
        return asked.returncode == 0

    def has_ended(self) -> bool:
        """Whether its main program ended though it is to stay."""
        assert self.process is not None
        return bool(self.service.health) and self.process.poll() is not None

    def halt(self) -> float:
        """SIGINT to its main program, as the engine stops PostgreSQL's image; how long it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        return time.monotonic() - began

    def kill(self) -> int:
        """SIGKILL to every process of it; how many there were."""
        pids = self._pids()
        processes.stop_all(pids, grace=0.0, sig=signal.SIGKILL)
        return len(pids)

    def stop(self) -> None:
        """SIGTERM to its main program, as the engine does; what is left then is killed."""
        self.count_cpu()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self.kill()

    def count_cpu(self) -> None:
        """Note the processor seconds that its processes, and their ended children, have used."""
        self.cpu_seconds += sum(_cpu_seconds(pid) for pid in self._pids())

    def used(self) -> float:
        """Processor seconds until now."""
        return self.cpu_seconds + sum(_cpu_seconds(pid) for pid in self._pids())

    def _pids(self) -> set[int]:
        return processes.members(self.members)

    def _as_user(self) -> list[str]:
        privileges = ["setpriv", "--no-new-privs", "--inh-caps=-all"]
        if os.geteuid() != 0:
            return [*privileges, "--ambient-caps=-all", "--"]
        user, _, group = self.service.user.partition(":")
        found = _known(user)
        uid, gid = (found.pw_uid, found.pw_gid) if found else (int(user), int(group or user))
        return [*privileges, f"--reuid={uid}", f"--regid={group or gid}", "--clear-groups",
                "--bounding-set=-all", "--"]  # fmt: skip

    def _arrange(self) -> str:
        """The shell lines that mount what the service sees, and then become its program."""
        lines = [PRIVATE, f"hostname {shlex.quote(self.name)}"]
        if "/tmp" not in self.service.tmpfs:  # noqa: S108
            lines += ["private /tmp 1777"]
        lines += [f"mount -t tmpfs -o mode=1777 tmpfs {path}" for path in self.service.tmpfs]
        if "AIRFLOW_HOME" in self.environment:
            lines += ["place /opt/airflow", f"mount -t tmpfs -o {self._owner()} tmpfs /opt/airflow"]
        for source, inside, is_read_only in self._volumes():
            make = "mkdir -p" if inside.startswith("/opt/airflow/") else "place"
            lines += [f"{make} {inside}", f"mount --bind {shlex.quote(source)} {inside}"]
            if is_read_only:
                lines += [f"mount -o remount,bind,ro {inside}"]
        if "unbound" in self.service.image:
            lines += [f"mount --bind {self.folder}/root.key {ROOT_KEY}"]
        if "mailpit" in self.service.image:
            lines += [f"mount --bind {self.folder}/mails {self.folder}/mails"]  # stays writable
        if self.service.is_read_only:
            lines += ["mount -o remount,bind,ro /"]
        return "\n".join([*lines, 'exec "$@"'])

    def _volumes(self) -> list[tuple[str, str, bool]]:
        """(folder here, path inside, read-only): named volumes are folders of the rehearsal."""
        found = []
        for source, inside, is_read_only in self.service.volumes:
            if source.startswith(("/", ".")):
                found.append((str((ROOT / source).resolve()), inside, is_read_only))
                continue
            volume = self.folder / "volumes" / source
            if not volume.exists():
                volume.mkdir(parents=True)
                self._give(volume)
            found.append((str(volume), inside, is_read_only))
        return found

    def _give(self, volume: Path) -> None:
        """A new volume takes over its owner from the image."""
        if os.geteuid() == 0:
            user, _, group = self.service.user.partition(":")
            found = _known(user)
            os.chown(volume, found.pw_uid if found else int(user), int(group or -1))
        volume.chmod(0o770)

    def _owner(self) -> str:
        user, _, group = self.service.user.partition(":")
        return f"mode=775,uid={user},gid={group}" if os.geteuid() == 0 else "mode=775"


def _known(user: str) -> pwd.struct_passwd | None:
    """A user by name: this machine's of that name, else nobody; None for a number."""
    if user.isdigit():
        return None
    try:
        return pwd.getpwnam(user)
    except KeyError:
        return pwd.getpwnam("nobody")


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
