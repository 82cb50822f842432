"""The job's graph as Dataflow would get it: translated by its runner's own code, and sent to nobody.

``python -m tests.deploy.translation`` writes the graph of a release; with a folder it leaves the job there.
"""

from __future__ import annotations

import bz2
import json
import re
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2 as protos

from pipeline.cli import sources
from pipeline.cli.dataflow_template import FLAGS
from pipeline.cli.for_ever import BEAT
from pipeline.cli.house import house_of
from pipeline.cli.overrides import with_queue
from pipeline.graph import build
from pipeline.secrets import SecretRef
from pipeline.settings import load_settings
from pipeline.sources.ticks import Every
from pipeline.store.reference import StoreRef

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "deploy" / "dataflow" / "graph.json"
RENAMES = ROOT / "deploy" / "dataflow" / "renames.json"
STORE = "secret-manager:projects/newsroom-prod/secrets/tocsin-store/versions/latest"
_PICKLED = re.compile(rb"QlpoO[A-Za-z0-9+/]+={0,2}")  # what Beam pickles: bz2 in base64

Graph = dict[str, Any]
"""Steps in the order of the flow: label, urn, inputs (labels of the steps before), side inputs, coders of outputs."""


def lay(pipeline: beam.Pipeline) -> None:
    """The graph as `tocsin run --runner dataflow` lays it."""
    settings = load_settings(ROOT / "deploy" / "dataflow" / "dataflow.yaml")
    settings = with_queue(settings, "pubsub:projects/newsroom-prod/subscriptions/tocsin-articles")
    house = house_of(settings, StoreRef(secret=SecretRef.parse(STORE)), settings.sinks)
    build(pipeline, house, Every(BEAT), sources.of(settings, house, bounded=False))


def translate(folder: Path) -> None:
    """Translate the graph, and leave ``pipeline.pb`` and ``job.json`` in the folder.

    Raises:
        ConnectionRefusedError: something asked for the network.
    """
    from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner  # noqa: PLC0415 - needs the gcp extra
    from apache_beam.runners.dataflow.internal import apiclient  # noqa: PLC0415 - the same

    sys.addaudithook(_refuse_network)
    options = PipelineOptions(
        [
            "--project=newsroom-prod",
            "--region=europe-west1",
            "--job_name=tocsin",
            "--temp_location=gs://newsroom-tocsin/temp",
            "--staging_location=gs://newsroom-tocsin/staging",
            "--sdk_container_image=europe-west1-docker.pkg.dev/newsroom-prod/tocsin/tocsin:0.1.0",
            "--streaming",
            "--dry_run=True",
            "--no_auth",
            *(f"--{flag.option}={flag.value}" for flag in FLAGS),
        ],
        save_main_session=False,
    )
    pipeline = beam.Pipeline(runner=DataflowRunner(), options=options)
    lay(pipeline)
    job = pipeline.run().job
    # What the client adds between a dry run and the request, without the client, which would sign in and upload.
    job.proto.environment = apiclient.Environment(
        packages=[],
        options=job.options,
        environment_version="8",
        proto_pipeline_staged_url="gs://newsroom-tocsin/staging/pipeline.pb",
        proto_pipeline=job.proto_pipeline,
    ).proto
    (folder / "pipeline.pb").write_bytes(job.proto_pipeline.SerializeToString(deterministic=True))
    (folder / "job.json").write_text(job.json(), "utf-8")


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
        raise ConnectionRefusedError(f"the translation asked for the network: {event} {arguments[1:2]}")


def read(folder: Path) -> protos.Pipeline:
    """The translated graph that lies in this folder."""
    return protos.Pipeline.FromString((folder / "pipeline.pb").read_bytes())


def pickles(said: bytes) -> Iterator[bytes]:
    """Everything that was pickled into these bytes, unpacked: functions, coders, windows."""
    for found in _PICKLED.finditer(said):
        whole = found[0].rstrip(b"=")
        # A byte after the text may look like a part of it: unpacking stops by itself where the archive ends.
        yield bz2.BZ2Decompressor().decompress(b64decode(whole[: len(whole) // 4 * 4] + _rest(whole)))


def _rest(whole: bytes) -> bytes:
    rest = whole[len(whole) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def graph_of(pipeline: protos.Pipeline) -> Graph:
    """What an update is held against: each step that runs, in the order of the flow."""
    transforms, collections = pipeline.components.transforms, pipeline.components.pcollections
    leaves = {
        name: step
        for name, step in transforms.items()
        # What only hands on what it was given is no step.
        if not step.subtransforms and not set(step.inputs.values()) & set(step.outputs.values())
    }
    made_by = {made: name for name, step in leaves.items() for made in step.outputs.values()}

    def before(name: str, tags: Iterator[str] | list[str]) -> list[str]:
        inputs = leaves[name].inputs
        return [leaves[made_by[inputs[tag]]].unique_name for tag in tags if inputs[tag] in made_by]

    steps = []
    for name in _in_order(pipeline, leaves):
        step = leaves[name]
        sides = _side_inputs(step)
        steps.append(
            {
                "label": step.unique_name,
                "urn": step.spec.urn,
                "inputs": before(name, sorted(tag for tag in step.inputs if tag not in sides)),
                "side inputs": before(name, sorted(sides)),
                "coders": {
                    tag: _coder(pipeline, collections[made].coder_id)
                    for tag, made in sorted(step.outputs.items())
                },
            }
        )
    return {"steps": steps}


def _in_order(pipeline: protos.Pipeline, leaves: dict[str, Any]) -> list[str]:
    """Names of the steps that run, as they were laid: each after what it reads from."""
    found: list[str] = []

    def walk(name: str) -> None:
        if name in leaves:
            found.append(name)
        for below in pipeline.components.transforms[name].subtransforms:
            walk(below)

    for root in pipeline.root_transform_ids:
        walk(root)
    return found


def _side_inputs(step: Any) -> set[str]:
    if step.spec.urn != common_urns.primitives.PAR_DO.urn:
        return set()
    return set(protos.ParDoPayload.FromString(step.spec.payload).side_inputs)


def _coder(pipeline: protos.Pipeline, coder_id: str) -> str:
    """The coder as one may read it: its kind, the model it is for, and what it is made of."""
    coder = pipeline.components.coders[coder_id]
    kind = coder.spec.urn.removeprefix("beam:coder:")
    parts = [_coder(pipeline, part) for part in coder.component_coder_ids]
    if kind.startswith("pickled_python"):
        return _python_coder(beam.coders.Coder.from_runner_api(coder, None))
    return f"{kind}<{', '.join(parts)}>" if parts else kind


def _python_coder(coder: Any) -> str:
    model, below = getattr(coder, "model", None), getattr(coder, "_elem_coder", None)
    kind = type(coder).__name__
    if model is not None:
        return f"{kind}<{model.__module__}.{model.__qualname__}>"
    return f"{kind}<{_python_coder(below)}>" if below is not None else kind


def complaints(released: Graph, now: Graph, renames: dict[str, str]) -> list[str]:
    """Why a running job of the release could not be updated to this graph; nothing where it could."""
    steps = {step["label"]: (place, step) for place, step in enumerate(now["steps"])}
    found, kept = [], []
    for old in released["steps"]:
        label = renames.get(old["label"], old["label"])
        if label not in steps:
            found.append(
                f"{old['label']!r} is gone: name the step that takes its place in {RENAMES.name}, or say in "
                "CHANGELOG.md that this release is drained to and run make release-graph"
            )
            continue
        place, new = steps[label]
        kept.append((place, label))
        sides = [renames.get(side, side) for side in old["side inputs"]]
        if sides != new["side inputs"]:
            found.append(
                f"{label!r} reads other side inputs than before: {sides} became {new['side inputs']}"
            )
        for tag, coder in old["coders"].items():
            if tag in new["coders"] and new["coders"][tag] != coder:
                found.append(
                    f"{label!r} writes {tag!r} in another coder: {coder} became {new['coders'][tag]}"
                )
    turned = [
        f"{after!r} came after {before!r}, and now comes before it"
        for (one, before), (other, after) in pairwise(kept)
        if other < one
    ]
    return [*found, *turned]


def release(folder: Path) -> None:
    """Keep this graph as the one that later releases are held against; renames begin anew."""
    translate(folder)
    graph = graph_of(read(folder))
    RELEASED.write_text(json.dumps(graph, indent=1) + "\n", "utf-8")
    renames = json.loads(RENAMES.read_text("utf-8"))
    RENAMES.write_text(json.dumps({**renames, "renames": {}}, indent=2) + "\n", "utf-8")
    sys.stdout.write(f"{RELEASED.relative_to(ROOT)}: {len(graph['steps'])} steps\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        translate(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as somewhere:
            release(Path(somewhere))
