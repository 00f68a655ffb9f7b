"""What plans, table and archive cost by themselves: the stage without core, sockets and servers.

    python bench/scan_replay.py --sites 20000

Every question is answered at once, in memory, as the name server of `bench/scan.py` answers it. CPU
time of this process alone, the lowest of five rounds: it moves little on a machine with other work.
The first figure holds the replay's own cost, which is told beside it.
"""

from __future__ import annotations

import argparse
import gc
import random
import struct
import sys
import tempfile
import time
from pathlib import Path

from scan_clients import FAMILIES, PREFIXES, sites
from scan_servers import TEXTS

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins"))

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.archive import ChunkArchive
from dnstats.records import load_records
from dnstats.records.record import Site
from dnstats.scan.plans import Plans
from dnstats.scan.query import question_section
from dnstats.scan.waiting import Entry

WINDOW = 1000
ABSENT = b"\xc0\x0c\0\6\0\1\0\0\1\x2c\0\x16\0\0" + bytes(20)  # an SOA


def message_for(name: str) -> bytes:
    """What the name server says of TXT at a name."""
    prefix = next((one for one in PREFIXES if one and name.startswith(one)), "")
    section = question_section(name, wire.TXT)
    if prefix not in TEXTS or "." not in name.removeprefix(prefix):
        return struct.pack("!6H", 0, 0x8183, 1, 0, 1, 0) + section + ABSENT
    text = TEXTS[prefix].format(site=name.removeprefix(prefix)).encode()
    rdata = bytes((len(text),)) + text
    fixed = struct.pack("!HHHIH", 0xC00C, wire.TXT, 1, 300, len(rdata))
    return struct.pack("!6H", 0, 0x8180, 1, 1, 0, 0) + section + fixed + rdata


def replay(messages: dict[str, bytes], count: int) -> tuple[int, ChunkArchive]:
    """Run the plans of so many sites; the number of questions, and their archive."""
    records = [record for record in load_records() if record.name in FAMILIES]
    plans = (
        (domain, record.questions(Site(rank, domain)))
        for rank, domain in enumerate(sites(count), 1)
        for record in records
    )
    queue: list[Entry] = []
    archive = ChunkArchive()

    def ask(entry: Entry, _pass_number: int) -> Reason | None:
        queue.append(entry)
        return None

    table = Plans(
        plans, archive.add, ask, random.Random(1),
        max_questions_per_site=600, second_pass=True, asks_authority=False,
    )  # fmt: skip
    while True:
        while len(queue) < WINDOW and table.is_open_for_more:
            table.open_site()
        if not queue:
            return table.tally.settled, archive
        batch, queue[:] = queue[:], []
        for entry in batch:
            table.settle(entry, _answer(entry.question, messages), 1e9)


def _answer(question: Question, messages: dict[str, bytes]) -> Answer:
    message = messages[question.name]
    outcome = Outcome.NXDOMAIN if message[3] & 0xF else Outcome.PRESENT
    code = message[3] & 0xF
    return Answer(question, outcome, None, code, (), False, False, False, 1, 1.0, "", message)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=20_000)
    options = parser.parse_args()
    names = [prefix + site for site in sites(options.sites) for prefix in PREFIXES]
    messages = {name: message_for(name) for name in [*names, f"_dmarc.{names[0].split('.')[-1]}"]}
    questions = [Question(name, wire.TXT) for name in messages]
    planned, written, alone = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            gc.collect()
            gc.disable()
            start = time.process_time()
            count, archive = replay(messages, options.sites)
            planned.append((time.process_time() - start) / count * 1e6)
            start = time.process_time()
            archive.write(folder, "replay.parquet")
            written.append((time.process_time() - start) / count * 1e6)
            start = time.process_time()
            answers = [_answer(question, messages) for question in questions]
            alone.append((time.process_time() - start) / len(answers) * 1e6)
            del archive, answers
            gc.enable()
    print(f"{count:,} questions, us each: asked {min(planned):.1f} (replay {min(alone):.1f}), "
          f"written {min(written):.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
