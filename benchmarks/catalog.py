"""What the catalog costs, in ms, each in fresh processes: python benchmarks/catalog.py."""

from __future__ import annotations

import subprocess
import sys

STEPS = {
    "load": ("from gpsproto import catalog", "catalog.load()"),
    "select": (
        "from gpsproto import Policy, catalog, codecs\n"
        "from gpsproto.privacy.select import select\n"
        "catalog.load()\n"
        "policy, layouts = Policy.load('tracking'), codecs.terms()['teltonika']",
        "select(policy, layouts, 'FMB')",
    ),
}
PROCESSES = 7


def milliseconds(before: str, timed: str) -> float:
    script = (
        f"{before}\nimport time\nstart = time.perf_counter()\n{timed}\n"
        "print((time.perf_counter() - start) * 1e3)"
    )
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    return float(found.stdout)


def main() -> None:
    for name, (before, timed) in STEPS.items():
        took = sorted(milliseconds(before, timed) for _ in range(PROCESSES))
        print(f"{name}: best {took[0]:.1f}, median {took[PROCESSES // 2]:.1f}")


if __name__ == "__main__":
    main()
