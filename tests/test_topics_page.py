"""The page of topics lists those that ship, as they are: `python -m tests.test_topics_page` writes its table anew."""

from __future__ import annotations

from pathlib import Path

from tests.quality.topics import rules

PAGE = Path(__file__).parents[1] / "docs" / "topics.md"
_BEGIN, _END = "<!-- topics -->\n", "<!-- end of topics -->"


def table() -> str:
    """All topics as Markdown: id, code, other languages, and the definition."""
    lines = [
        f"| `{rule.id}` | {rule.iptc or ''} | {', '.join(rule.languages)} | {rule.definition.strip()} |"
        for rule in rules().values()
    ]
    return "\n".join(
        ("| topic | IPTC | also in | an article is about it when it tells of |", "|---|---|---|---|", *lines)
    )


def test_the_page_lists_the_topics_that_ship() -> None:
    assert table() in PAGE.read_text("utf-8"), "run python -m tests.test_topics_page"


def main() -> None:
    """Write the table into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    _, _, behind = rest.partition(_END)
    PAGE.write_text(f"{before}{_BEGIN}{table()}\n{_END}{behind}", "utf-8")


if __name__ == "__main__":
    main()
