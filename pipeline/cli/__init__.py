"""The tocsin command: what a person types, and what comes back when something is wrong.

Each subcommand is one file; it is loaded only when it is asked for, since Beam and spaCy take seconds.
"""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

import click

from transforms.errors import Fault, Faults, TocsinError, WrongStore

DONE, FAILED, USAGE = 0, 1, 2
COMMANDS = {
    "replay": "read files or folders as if they came in now, and ring",
    "run": "poll the feeds and ring",
    "check": "read everything a run would read, and say every fault",
    "explain": "why a watch rings for an article, or why not",
    "enrich": "articles in, articles with entities, topics, quotes and credits out",
    "link": "articles in, their stories and relations out",
    "silence": "mute a watch, an entity, a story, an outlet or words for a while",
    "deliveries": "what was told, what is held or withheld and why; send it, retry it",
    "preview": "an alert as Slack shows it, as a page or a picture",
    "dead-letters": "what could not be read: look at it, read it again",
    "store": "the memory itself: its schema, its size, and what it may forget",
    "schemas": "the JSON Schemas of what goes in and comes out",
}


class _Commands(click.Group):
    """Subcommands by name, loaded when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pipeline.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. "
    "Start with: tocsin replay seeds   then: tocsin check --config configs/local.yaml",
)
@click.version_option(package_name="tocsin", message="tocsin %(version)s")
@click.option("--verbose", is_flag=True, help="Say what the engine does, with tracebacks.")
def tocsin(*, verbose: bool) -> None:
    """One bell for a story: watch article feeds, and hear why it rang and who covers it."""
    logging.getLogger("tocsin").setLevel(logging.INFO if verbose else logging.WARNING)
    # What a step raises is said once, in one line, by main(); the engine would say it with a traceback.
    logging.getLogger("apache_beam").setLevel(logging.INFO if verbose else logging.CRITICAL)
    if not verbose:
        logging.getLogger().addFilter(_not_of_the_job_service)


def _not_of_the_job_service(record: logging.LogRecord) -> bool:
    # Beam hands on what an engine says, stacks and all, through the root logger.
    return record.module != "portable_runner"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; errors become one clear line on standard error and an exit code."""
    # Before anything imports Beam, which warns through the root logger while it is imported.
    logging.basicConfig(level=logging.ERROR, format="%(message)s", stream=sys.stderr)
    verbose = "--verbose" in (sys.argv[1:] if arguments is None else arguments)
    try:
        outcome: Any = tocsin.main(arguments, prog_name="tocsin", standalone_mode=False)
    except Faults as faults:
        return _say(str(faults), USAGE)
    except Fault as fault:
        return _say(str(fault), USAGE)
    except WrongStore as error:
        return _say(str(error), USAGE)
    except TocsinError as error:
        return _say(str(error), FAILED)
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return _say("stopped; what was done is kept, run again to go on", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        if verbose:
            raise
        line = " ".join(str(error).split())[:400]
        return _say(f"unexpected {type(error).__name__}: {line} (tocsin --verbose … shows where)", FAILED)
    return outcome if isinstance(outcome, int) else DONE


def _say(message: str, code: int) -> int:
    for line in message.splitlines():
        sys.stderr.write(f"tocsin: {line}\n")
    return code
