"""What the command line says in place of the settings: a queue, where secrets lie, and an engine's own options.

A launcher that cannot edit the settings, as Dataflow's, says it so.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from pipeline.runners import chosen
from pipeline.secrets import SecretRef
from pipeline.settings import Settings
from pipeline.settings.runner import DataflowSpec, RunnerSpec
from pipeline.sinks.spec import SinkSpec
from pipeline.sources.queue.spec import PubSubSpec
from transforms.errors import Fault


def with_queue(settings: Settings, said: str | None) -> Settings:
    """The settings with one queue more.

    Args:
        settings: as they were read.
        said: ``pubsub:`` and a subscription; None: nothing is changed.

    Raises:
        Fault: it is no such thing.
    """
    if said is None:
        return settings
    kind, _, subscription = said.partition(":")
    try:
        if kind != "pubsub":
            raise ValueError  # noqa: TRY301 - said once, below
        queue = PubSubSpec(id="launched", subscription=subscription)
    except (ValidationError, ValueError):
        raise Fault(
            f"{said!r} is no queue: write pubsub:projects/PROJECT/subscriptions/NAME", key="--queue"
        ) from None
    return settings.model_copy(update={"queues": (*settings.queues, queue)})


def with_secrets(settings: Settings, said: Sequence[str]) -> Settings:
    """The settings with the sinks' secrets elsewhere: ``NAME=REFERENCE`` takes the place of the variable NAME.

    Raises:
        Fault: it is no reference, or no sink has a secret in this variable. The value is not repeated.
    """
    for each in said:
        name, _, reference = each.partition("=")
        try:
            ref = SecretRef.parse(reference).at(None, None, "--secret")
        except ValueError as error:
            raise Fault(str(error), key="--secret") from None
        named = [
            sink for sink in settings.sinks if _by_name(sink) and sink.secret_ref == SecretRef("env", name)
        ]
        if not named:
            raise Fault(f"no sink of the settings has its secret in the variable {name}", key="--secret")
        sinks = tuple(
            sink.model_copy(update={sink.SECRET_KEYS[1]: ref}) if sink in named and sink.SECRET_KEYS else sink
            for sink in settings.sinks
        )
        settings = settings.model_copy(update={"sinks": sinks})
    return settings


def _by_name(sink: SinkSpec) -> bool:
    """Whether the settings name the variable itself, and no reference stands in its place."""
    return sink.SECRET_KEYS is not None and getattr(sink, sink.SECRET_KEYS[1]) is None


def engine_of(
    settings: Settings, runner: str | None, beam: Sequence[str], location: str | None
) -> RunnerSpec:
    """The engine that the command line and the settings name.

    Args:
        settings: what they say of it.
        runner: ``--runner``.
        beam: options of Beam's own, for an engine that takes them.
        location: ``--prism-location``.

    Raises:
        Fault: it is not known, needs more to be said, or takes no options of its own.
    """
    written = settings.runner
    if runner is not None and runner.casefold().removesuffix("runner") == "dataflow" and beam:
        # Beam takes two seconds to import.
        from apache_beam.options.pipeline_options import (  # noqa: PLC0415
            GoogleCloudOptions,
            PipelineOptions,
        )

        cloud = PipelineOptions(list(beam)).view_as(GoogleCloudOptions)
        if written.kind != "dataflow":
            try:
                written = DataflowSpec.model_validate(
                    {
                        "project": cloud.project,
                        "region": cloud.region,
                        "temp": cloud.temp_location or cloud.staging_location,
                    }
                )
            except ValidationError as error:
                key = ".".join(str(part) for part in error.errors()[0]["loc"])
                raise Fault(
                    f"dataflow needs --project, --region and --temp_location after --: {key}"
                    f" {error.errors()[0]['msg'].lower()}",
                    key="runner",
                ) from None
    engine = chosen(runner, written, location=location)
    if beam and engine.kind != "dataflow":
        raise Fault(f"runner {engine.kind} takes no options after --: {beam[0].partition('=')[0]}")
    return engine
