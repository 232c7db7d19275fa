"""What every suite shares: both engines of the walk, and where shared material lies."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

import gpsproto
from gpsproto.captures import pcap_file
from gpsproto.codecs import avl as avl_codec
from gpsproto.codecs.watch import payload
from gpsproto.walk import avl, brackets, datagrams, frames, packets, watch
from gpsproto.wire import bracket, teltonika_tcp, teltonika_udp, workbench

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
FIXTURES = ROOT / "fixtures"

settings.register_profile(
    "gpsproto",
    deadline=None,
    max_examples=3,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# for the second and third build of the same source
settings.register_profile("again", settings.get_profile("gpsproto"), max_examples=2)
settings.load_profile("gpsproto")


def interpreted(module: ModuleType) -> ModuleType:
    """The module as it reads, loaded from its source under a second name."""
    name = module.__name__.rpartition(".")[2]
    source = Path(gpsproto.__file__).parent / "walk" / f"{name}.py"
    second = f"interpreted_{name}"
    loader = importlib.machinery.SourceFileLoader(second, str(source))
    spec = importlib.util.spec_from_loader(second, loader)
    assert spec is not None
    loaded = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        # as it runs where Cython is not installed
        patch.setitem(sys.modules, "cython", None)
        loader.exec_module(loaded)
    assert not loaded.COMPILED
    assert loaded.cython.__name__ == "gpsproto.walk.stand_in"
    return loaded


class Engine:
    """One form of the walk, and a switch that makes the library run on it."""

    def __init__(self, name: str, modules: dict[str, ModuleType]) -> None:
        self.name = name
        self.avl, self.brackets, self.datagrams = (
            modules[name] for name in ("avl", "brackets", "datagrams")
        )
        self.frames, self.packets, self.watch = (
            modules[name] for name in ("frames", "packets", "watch")
        )

    def use(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(avl_codec, "walk_avl", self.avl.walk_avl)
        patch.setattr(payload, "walk_watch", self.watch.walk_watch)
        patch.setattr(teltonika_tcp, "scan_tcp", self.frames.scan_tcp)
        patch.setattr(workbench, "rehash", self.brackets.rehash)
        for name in ("scan_brackets", "look_on"):
            patch.setattr(bracket, name, getattr(self.brackets, name))
        patch.setattr(teltonika_udp, "scan_udp", self.datagrams.scan_udp)
        patch.setattr(pcap_file, "scan_packets", self.packets.scan_packets)


MODULES = {
    "avl": avl, "brackets": brackets, "datagrams": datagrams, "frames": frames,
    "packets": packets, "watch": watch,
}  # fmt: skip
INSTALLED = Engine(gpsproto.engine(), MODULES)
AS_IT_READS = Engine("as it reads", {name: interpreted(m) for name, m in MODULES.items()})
# the first run tries both forms; where another build is tried, and where none is compiled, one does
ENGINES = [INSTALLED]
if gpsproto.engine() == "compiled" and os.environ.get("GPSPROTO_ENGINES") != "installed":
    ENGINES.append(AS_IT_READS)


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Run the test on each form of the walk."""
    request.param.use(monkeypatch)
    return request.param


@pytest.fixture
def captures() -> Path:
    """The folder of captured dumps that every developer has at hand."""
    folder = SHARED / "captures"
    if not folder.is_dir():
        pytest.skip("no captures here: ../shared is not beside the project")
    return folder
