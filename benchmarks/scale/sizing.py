"""The arithmetic of docs/deployment.md: from what was measured to a million articles an hour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.stream import HITS

Said = Mapping[str, Any]
BEGIN, END = "<!-- measured by make bench-scale -->", "<!-- measured, end -->"
MEAN = 1_000_000 / 3600
PEAK, USED = 3, 0.8
A_DAY = 24_000
"""Thousands of articles a day."""

TEXT = """| | figure | value |
|---|---|---|
| *R* | articles a second of one worker process, {engine} with PostgreSQL, both on the same machine | {R:,.0f} |
| *R₀* | the same, direct with SQLite | {R0:,.0f} |
| *F* | two workers against one, where the work is in the workers | {F:.2f} |
| *T* | store transactions for 1,000 articles, {how} | {T:,.0f} |
| *W* | store rows written (inserted, updated, deleted) for 1,000 articles | {W:,.0f} |
| *K* | rows kept of 1,000 articles, before retention | {K:,.0f} |
| *L* | bytes of WAL for 1,000 articles | {L:,.0f} |
| *B* | bytes of the store for 1,000 articles, kept, indexes included | {B:,.0f} |
| *D* | matches decided a second, one watch | {D:,.0f} |
| *M* | peak memory of a worker process | {M:,.0f} MB |
| *U* | how busy workers may be | 0.6 on Flink, 0.8 on Dataflow (the hint) |
| *P* | the busiest hour against the mean | {P}; yours, from the store: `count(*)` by hour of `first_seen` |

**A million articles an hour**

```
rate         1,000,000 / 3,600           = {mean:,.0f} articles a second, mean
peak         {mean:,.0f} × P = {mean:,.0f} × {P}           = {top:,.0f} articles a second
processes    peak / (R × U)              = {top:,.0f} / ({R:,.0f} × {U}) = {exact:.2f}: {processes}, one more to update
workers      processes / 2               = {workers} (n2-standard-2: one process for each vCPU)
transactions {mean:,.0f} × T / 1,000             = {T_mean:,.1f} a second, {T_top:,.1f} at peak
rows         {mean:,.0f} × W / 1,000             = {W_mean:,.0f} written a second, {W_top:,.0f} at peak
WAL          {mean:,.0f} × L / 1,000             = {L_mean:,.2f} MB a second, {L_day:,.0f} GB a day to archive
matches      {mean:,.0f} × {hits:.0%}                    = {D_mean:,.1f} a second, {D_top:,.1f} at peak; a watch has D
connections  processes × 4 threads + 20  = {connections}: below max_connections (200); twice while an update runs
rows kept    1,000,000 × 24 × K / 1,000  = {K_day:,.1f} million a day
disk         1,000,000 × 24 × B / 1,000  = {B_day:,.1f} GB a day; × 30 = {B_month:,.0f} GB for thirty days kept
```

docs/scale.md says how it was measured. A 2 vCPU PostgreSQL commits some 1,000 to 2,000 transactions a second. With *R₀*
in the place of *R* the sum reads {top:,.0f} / ({R0:,.0f} × {U}) = {exact0:.2f}: the bound from above, with neither
engine nor network between worker and store."""


def sized(text: str, found: Said) -> str:
    """The guide with its sizing as measured now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        raise SystemExit(f"the guide has no place for the sizing: put {BEGIN} and {END} into it")
    return f"{before}{BEGIN}\n\n{TEXT.format(**_figures(found))}\n\n{END}{after}"


def a_thousand(said: Said, key: str) -> float:
    """What the store did of this, for 1,000 articles."""
    return float(1000 * said["load"][key] / said["articles"])


def _figures(found: Said) -> dict[str, Any]:
    rates, workers = found["rates"], found["workers"]
    engine = "prism" if "prism, PostgreSQL" in rates else "direct"
    one, load = rates[f"{engine}, PostgreSQL"], found["poured"] or rates["direct, PostgreSQL"]
    heavy = workers.get("direct, reading all") or workers["direct"]
    rate, fast = one["rate"], rates["direct, SQLite"]["rate"]
    counts = {
        name: a_thousand(load, key)
        for name, key in {"T": "transactions", "W": "written", "L": "wal_bytes", "B": "size"}.items()
    }
    counts["K"] = 1000 * sum(load["kept"].values()) / load["articles"]
    top = MEAN * PEAK
    processes = math.ceil(top / (rate * USED))
    return counts | {
        "engine": engine,
        "how": "poured on Prism" if found["poured"] else "direct",
        "R": rate,
        "R0": fast,
        "F": heavy["2"]["rate"] / heavy["1"]["rate"],
        "D": found["decided"]["PostgreSQL"]["rate"],
        "M": one["worker MB"],
        "P": PEAK,
        "U": USED,
        "mean": MEAN,
        "top": top,
        "hits": HITS,
        "exact": top / (rate * USED),
        "exact0": top / (fast * USED),
        "processes": processes,
        "workers": math.ceil(processes / 2),
        "connections": processes * 4 + 20,
        "T_mean": MEAN * counts["T"] / 1000,
        "T_top": top * counts["T"] / 1000,
        "W_mean": MEAN * counts["W"] / 1000,
        "W_top": top * counts["W"] / 1000,
        "L_mean": MEAN * counts["L"] / 1e9,
        "L_day": A_DAY * counts["L"] / 1e9,
        "D_mean": MEAN * HITS,
        "D_top": top * HITS,
        "K_day": A_DAY * counts["K"] / 1e6,
        "B_day": A_DAY * counts["B"] / 1e9,
        "B_month": 30 * A_DAY * counts["B"] / 1e9,
    }
