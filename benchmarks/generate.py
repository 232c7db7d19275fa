"""How fast synthetic dumps are made, in frames a second of one core: python benchmarks/generate.py.

Of the time of the processor, from the first lot on: what makes and checks the templates is left out.
"""

from __future__ import annotations

import time

from gpsproto.build import Counts, Fleet

FLEETS = {
    "1 record": Fleet(devices=100, frames=400_000),
    "10 records": Fleet(devices=100, frames=100_000, records_per_frame=10),
    "1 record, basic": Fleet(devices=100, frames=600_000, layout="basic"),
    "10 records, basic": Fleet(devices=100, frames=200_000, layout="basic", records_per_frame=10),
    "1 record, wide": Fleet(devices=100, frames=100_000, layout="wide"),
    "watch": Fleet(devices=100, frames=400_000, kind="watch"),
    "watch, basic": Fleet(devices=100, frames=400_000, kind="watch", layout="basic"),
}
FORMS = ("bin", "hex", "pcap")
ROUNDS = 3


def rate(fleet: Fleet, form: str) -> float:
    """Frames a second of the best round."""
    best = 0.0
    for _ in range(ROUNDS):
        counts = Counts()
        pieces = fleet.written(form, counts)  # type: ignore[arg-type]
        while not counts.frames:
            next(pieces)
        before, start = counts.frames, time.process_time()
        for _ in pieces:
            pass
        best = max(best, (counts.frames - before) / (time.process_time() - start))
    return best


def main() -> None:
    print(f"{'frames of':20}", *(f"{form:>10}" for form in FORMS), f"{'bytes':>8}")
    for name, fleet in FLEETS.items():
        size = next(iter(fleet.templates.values())).size
        rates = (f"{rate(fleet, form):10,.0f}" for form in FORMS)
        print(f"{name:20}", *rates, f"{size:8,}", flush=True)


if __name__ == "__main__":
    main()
