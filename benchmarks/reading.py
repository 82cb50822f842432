"""Reading: words a second on one core, start-up and memory, beside spaCy's tokenizer and its default small network.

Articles of about 600 words made of the seeds' own sentences, read in batches; every measurement in a process of its
own, in seconds of its own processor time, so that what else the machine does counts less. `make bench` runs it.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

MODES = {
    "spaCy's blank tokenizer": "tokenizer",
    "spaCy's default small CNN, names only": "default",
    "the packaged model": "model",
    "read: all of it, rules alone": "rules",
    "read: all of it": "read",
}
_ARTICLES, _WORDS, _SEEDS = 120, 600, Path("seeds")
_SPEED, _START, _MEMORY = 10_000, 3.0, 600


def measure(mode: str) -> dict[str, float]:
    """Words a second, seconds until the first word is read, and the peak of memory in MB."""
    texts = _texts()
    begun = time.process_time()
    read = _reader(mode)
    read(texts[:1])
    started = time.process_time() - begun
    read(texts[1:17])  # the words of the language are in the vocabulary from here on
    begun = time.process_time()
    read(texts[17:])
    seconds = time.process_time() - begun
    words = sum(len(text.split()) for text in texts[17:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rate": words / seconds, "start": started, "megabytes": peak}


def _reader(mode: str) -> Callable[[Sequence[str]], object]:
    if mode in {"tokenizer", "default"}:
        import spacy  # noqa: PLC0415 - start-up is measured
        from spacy.training import Example  # noqa: PLC0415

        nlp = spacy.blank("en")
        if mode == "default":
            ner = nlp.add_pipe("ner")
            for label in ("PERSON", "ORG", "LOC"):
                ner.add_label(label)  # type: ignore[attr-defined]
            nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("a b"), {"entities": [(0, 1, "ORG")]})])
        return lambda texts: list(nlp.pipe(texts))
    from pipeline.models import load_model  # noqa: PLC0415

    if mode == "model":
        model = load_model()
        return lambda texts: list(model.pipe(texts))
    from pipeline.settings import load_rules, load_settings  # noqa: PLC0415
    from transforms.article import Article  # noqa: PLC0415
    from transforms.read import Reader  # noqa: PLC0415

    reader = Reader(load_rules(load_settings(None)), load_model("none" if mode == "rules" else "packaged"))

    def read(texts: Sequence[str]) -> object:
        # In batches, as the graph gives them.
        return [
            reader.read([Article(text=text) for text in texts[at : at + 32]])
            for at in range(0, len(texts), 32)
        ]

    return read


def _texts() -> list[str]:
    draw = random.Random(20240426)
    lines = [
        line for seed in sorted(_SEEDS.glob("*.txt")) for line in seed.read_text("utf-8").splitlines() if line
    ]
    texts = []
    for _ in range(_ARTICLES):
        text: list[str] = []
        while sum(len(line.split()) for line in text) < _WORDS:
            text.append(draw.choice(lines))
        texts.append("\n\n".join(text))
    return texts


def main() -> None:
    """Measure all, print the table, and write it down."""
    if len(sys.argv) > 1 and sys.argv[1] in MODES.values():
        print(json.dumps(measure(sys.argv[1])))
        return
    one_core = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "BLIS_NUM_THREADS": "1"}
    rows = {}
    for name, mode in MODES.items():
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.reading", mode],
            check=True,
            capture_output=True,
            text=True,
            env=one_core,
        )
        rows[name] = json.loads(done.stdout.splitlines()[-1])
        print(f"{name}: {rows[name]['rate']:,.0f} words a second", flush=True)
    table = "\n".join(
        (
            "| run | words a second | start-up | peak memory |",
            "|---|---:|---:|---:|",
            *(
                f"| {name} | {row['rate']:,.0f} | {row['start']:.1f} s | {row['megabytes']:,.0f} MB |"
                for name, row in rows.items()
            ),
        )
    )
    print(table)
    if len(sys.argv) == 1:
        Path("docs/reading-speed.md").write_text(_page(table), encoding="utf-8")


def _page(table: str) -> str:
    day, python = datetime.now(UTC).date().isoformat(), f"CPython 3.{sys.version_info.minor}"
    return f"""# The speed of reading

`make bench`, {day}, one core, {python}. {_ARTICLES} articles of about {_WORDS} words, made of the sentences of the
seeds, in batches of 32; in seconds of processor time. Start-up is from the import to
the first article read. Targets: {_SPEED:,} words a second, {_START:.0f} s, {_MEMORY} MB.

{table}
"""


if __name__ == "__main__":
    main()
