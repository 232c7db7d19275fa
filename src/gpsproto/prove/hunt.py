"""The hunt: canaries into the real pipeline, under each policy in turn, and a search of all it gives.

How the frames are shared: every frame goes to one policy and through one decode() of a large dump,
into every sink that is there, the columns, the table and the memory of its batch.  Every damaged
frame goes through two framers by itself as well; one in ``ONE_IN_LIVE`` through a live Receiver, one
in ``ONE_IN_ROWS`` rounds through rows, paths and partitions; some hundred through the command line.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from gpsproto.balance import Balance
from gpsproto.errors import PolicyError
from gpsproto.identity import Conversations
from gpsproto.pipeline import decode
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.extra import require
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy, presets
from gpsproto.prove import audited, batches, commandline, interference, live
from gpsproto.prove.canaries import Pool
from gpsproto.prove.canaries import pools as made_pools
from gpsproto.prove.dumps import Dump, Press
from gpsproto.prove.errors import everything
from gpsproto.prove.matcher import EXTRA, Bytes
from gpsproto.prove.overheard import overheard
from gpsproto.prove.report import DIFFERENCE, Hit, Report
from gpsproto.prove.search import Search
from gpsproto.prove.sinkset import SinkSet
from gpsproto.prove.templates import Groups, Stamp

ROUND = 12_000
"""Frames that go to one policy before it is the next one's turn."""

ONE_IN_LIVE = 40
ONE_IN_ROWS = 8
_SMALL = 1_200  # frames of a dump whose rows are all looked at
_FOLDER_FRAMES = 150
_COMMAND_FRAMES = 600  # a policy's share of the command line, in each run of it
_PARTS = ("bulk", "folders", "live", "command line", "interference", "audit")
CARRIERS = _PARTS
"""Groups of carriers, by which a hunt can be made a smaller one."""


class Hunt:
    """One hunt: its canaries, and what the policies are tried with."""

    def __init__(
        self, policies: Sequence[Policy], *, canaries: int, seed: int,
        sources: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        require("hyperscan", "dpkt", extra=EXTRA)
        require("pyarrow", "polars", extra="arrow")
        if not policies:
            raise ValueError("a hunt needs a policy")
        random_ = random.Random(seed)
        self.policies = tuple(policies)
        self.seed = seed
        self._sources = dict(sources or {})
        self._pools = made_pools(canaries, seed)
        self._groups = Groups()
        self._keys = [PseudonymKey(random_.randbytes(32)) for _ in policies]
        self._accounts = [_accounts(key, self._pools) for key in self._keys]
        self.seconds: Counter[str] = Counter()
        with self._timed("stamps"):
            self._presses = [
                Press(policy, self._pools, self._groups, seed + number)
                for number, policy in enumerate(policies)
            ]
        self._search = self._fresh()
        self._rounds = 0

    def stamps(self) -> Iterator[Stamp]:
        """Every frame that is planted in, of every policy."""
        for press in self._presses:
            yield from press.stamps()

    def _fresh(self) -> Search:
        with self._timed("compile"):
            return Search(self._pools, self._groups)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] += time.perf_counter() - start  # type: ignore[assignment]

    def run(
        self, frames: int, *, carriers: Collection[str] | None = None,
        progress: Callable[[int], object] | None = None,
        command: Sequence[str] | None = None,
    ) -> Report:  # fmt: skip
        """Hunt with so many frames.  ``carriers`` are groups of CARRIERS; None: all of them."""
        wanted = set(_PARTS if carriers is None else carriers)
        if not wanted <= set(_PARTS):
            raise ValueError(f"carriers are of: {', '.join(_PARTS)}")
        search = self._search = self._search.again()
        self._rounds = 0
        for press in self._presses:
            press.begin()
        self._groups.here.clear()
        malformed = done = 0
        skipped: list[str] = []
        turn = 0
        while done < frames:
            number = turn % len(self.policies)
            turn += 1
            count = min(ROUND, frames - done, max(1, -(-frames // len(self.policies))))
            malformed += self._round(number, count, wanted)
            done += count
            if progress is not None:
                progress(count)
        for number in range(len(self.policies)):
            if "command line" in wanted:
                with self._timed("command line"):
                    skipped += self._command_line(number, command)
            if "interference" in wanted:
                with self._timed("interference"):
                    interference.compared(self.policies[number], self._keys[number], search)
        with self._timed("search"):
            search.flush()
        return Report(
            tuple(policy.name for policy in self.policies), done, malformed,
            sum(map(len, self._pools.values())), self._groups.count, self.seed,
            dict(search.bytes), search.found, dict(search.frames),
            {name: float(spent) for name, spent in self.seconds.items()},
            tuple(dict.fromkeys(skipped)),
        )  # fmt: skip

    def _round(self, number: int, count: int, wanted: set[str]) -> int:
        """So many frames to one policy; how many of them were damaged."""
        policy, key, search = self.policies[number], self._keys[number], self._search
        self._groups.here.clear()
        with self._timed("strike"):
            dumps = list(self._presses[number].dumps(count))
        balance, conversations = Balance(), Conversations()
        with overheard(search), self._watched():
            if "bulk" in wanted:
                self._bulk(number, dumps, balance, conversations)
            if "folders" in wanted and self._rounds % ONE_IN_ROWS == 0:
                self._folders(number)
            if "audit" in wanted:
                with self._timed("audit"):
                    audited.logged(policy, key, balance, search)
            if "live" in wanted:
                with self._timed("live"):
                    for dump in dumps:
                        live.refuse(dump, search)
                        some = dump.units[::ONE_IN_LIVE]
                        if dump.input_format not in ("hex", "sms"):
                            live.converse(some, dump, policy, key, search)
        with self._timed("search"):
            search.flush()
        self._rounds += 1
        return sum(len(dump.damaged) for dump in dumps)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """A run that breaks off is a hit, and what it held is looked at."""
        try:
            yield
        except Exception as error:
            for data in everything(error):
                self._search.look(live.ERRORS, data, Bytes.SMALL)
            self._search.found[Hit(live.ERRORS, DIFFERENCE, type(error).__name__, "crash")] += 1

    def _bulk(
        self, number: int, dumps: Sequence[Dump], balance: Balance, conversations: Conversations
    ) -> None:
        """Every dump through decode() into all that takes batches."""
        policy, key = self.policies[number], self._keys[number]
        accounts = self._accounts[number]
        search = self._search
        few = self._rounds % ONE_IN_ROWS == 0
        frames = sum(len(dump.units) for dump in dumps)
        with SinkSet(search) as sinks:
            for place, dump in enumerate(dumps):
                found = decode(
                    dump.data, policy=policy, key=key, balance=balance, accounts=accounts,
                    conversations=conversations, input_format=dump.input_format,
                )  # fmt: skip
                while True:
                    with self._timed("decode"):
                        batch = next(found, None)
                    if batch is None:
                        break
                    with self._timed("sinks"):
                        sinks.write(batch)
                    with self._timed("batches"):
                        batches.columns(batch, search)
                        batches.memory(batch, search)
                        batches.table(batch, search)
                        if few or len(dump.units) < _SMALL or place == self._rounds % len(dumps):
                            batches.rows(batch, search)
                        batches.texts([batch], search)
            with self._timed("sinks"):
                sinks.close(frames)
        for carrier in ("columns", "memory", "Arrow table"):
            search.planted(carrier, frames)
        door = PrivacyFilter(policy, key, accounts=accounts)
        batches.texts([balance, conversations, door, key, policy, accounts], search)
        search.look("balance", json.dumps(balance.as_dict()), Bytes.TEXT)
        search.planted("balance", frames)
        if balance.discrepancies():
            search.found[Hit("balance", DIFFERENCE, "it does not close", "count")] += 1

    def _folders(self, number: int) -> None:
        """A few frames into files of their own and into folders, whose names are looked at."""
        with self._timed("folders"), SinkSet(self._search, folders=True) as sinks:
            for dump in self._presses[number].dumps(_FOLDER_FRAMES):
                for batch in decode(
                    dump.data, policy=self.policies[number], key=self._keys[number],
                    input_format=dump.input_format,
                ):  # fmt: skip
                    sinks.write(batch)
            sinks.close(_FOLDER_FRAMES)

    def _command_line(self, number: int, command: Sequence[str] | None) -> list[str]:
        """The command, in a process of its own, on a sample."""
        policy = self.policies[number]
        source = self._sources.get(policy.name)
        if source is None and not _is_built_in(policy):
            return [f"command line: {policy.name} is no file and not built in"]
        self._groups.here.clear()
        dumps = list(self._presses[number].dumps(_COMMAND_FRAMES))
        if number:  # what does not hang on the policy is looked at once
            dumps = dumps[:3]
        commandline.tried(dumps, source or policy.name, self._search, number == 0, command)
        self._search.flush()
        return []


def _is_built_in(policy: Policy) -> bool:
    # one with blanks is refused, and so never the same
    with suppress(PolicyError):
        return policy.name in presets() and Policy.load(policy.name).digest == policy.digest
    return False


def _accounts(key: PseudonymKey, pools: Mapping[str, Pool]) -> Accounts:
    """An account of each device, as an operator's file says it."""
    names = [one.value.decode() for one in pools["account"].canaries]
    lines = [
        f'"{one.value.decode()}" = "{names[place % len(names)]}"'
        for place, one in enumerate(pools["imei"].canaries)
    ]
    with TemporaryDirectory(prefix="gpsproto-prove-") as folder:
        path = Path(folder) / "accounts.toml"
        path.touch(0o600)
        path.write_text("\n".join(lines), "ascii")
        return Accounts.from_file(path, key)


def hunt(
    policies: Sequence[Policy], *, frames: int = 100_000, canaries: int = 10_000, seed: int = 1,
    progress: Callable[[int], object] | None = None, carriers: Collection[str] | None = None,
    sources: Mapping[str, str] | None = None,
) -> Report:  # fmt: skip
    """Plant canaries in generated frames of every codec and message, run them through everything,
    and search every byte that comes out.

    The frames are shared over the policies.  ``sources`` names, by the name of a policy, the file
    that the command line reads it from; built-in ones need none.  ``progress`` is called with the
    number of frames of each round.  Needs the extra ``[prove]``, else raises ExtraMissing.
    """
    made = Hunt(policies, canaries=canaries, seed=seed, sources=sources)
    return made.run(frames, carriers=carriers, progress=progress)
