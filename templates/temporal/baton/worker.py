"""Workers: processes that carry items on, and that do what owners do.

Must not know: what people say. A worker may serve all owners or some of them, the items or not; as many as are wanted
may run at the same time, on as many machines.
"""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from .exact import ExactPayloads
from .owners import Owners
from .plan import BY_HAND, Actor, owner_queue, queue
from .storage import storage
from .workflow import ItemWorkflow, plans

FOLDER = Path(__file__).resolve().parent.parent
"""The folder of the build."""
AT_ONCE = 4
"""So many attempts of one owner run at the same time in one worker, unless BATON_AT_ONCE says otherwise."""


async def connect(folder: Path = FOLDER) -> Client:
    """For a build's folder, by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other variables of Temporal."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "127.0.0.1:7233")
    return await Client.connect(**config, data_converter=converter(folder))


def converter(folder: Path = FOLDER) -> DataConverter:
    """Exact numbers; what is too large for a payload in a folder of its own."""
    return replace(DataConverter.default, payload_converter_class=ExactPayloads, external_storage=storage(folder))


def workers(client: Client, owners: Owners, names: list[str], *, items: bool) -> list[Worker]:
    """A worker for each owner, and one for the items of each plan. Raises what an owner's file raises."""
    known = plans.owners()
    served = [_owner(client, owners, name, known[name]) for name in names]
    if not items:
        return served
    # The workflow does nothing but ask the interpreter: Temporal's sandbox would find nothing, at each item's cost.
    carrying = [
        Worker(client, task_queue=queue(hash), workflows=[ItemWorkflow], workflow_runner=UnsandboxedWorkflowRunner())
        for hash in plans
    ]
    return [*served, *carrying]


def _owner(client: Client, owners: Owners, name: str, actor: Actor) -> Worker:
    function = "tell" if actor["kind"] in BY_HAND else "work"
    owners.load(name, function)
    return Worker(
        client,
        task_queue=owner_queue(name),
        activities=[owners.tell if function == "tell" else owners.work],
        max_concurrent_activities=int(os.environ.get("BATON_AT_ONCE", AT_ONCE)),
    )


async def serve(folder: Path, names: list[str], *, items: bool) -> None:
    """Works until it is interrupted."""
    client = await connect(folder)
    found = workers(client, Owners(folder / "owners", client), names, items=items)
    print(f"working for {', '.join(names) or 'nobody'}{', and carrying items on' if items else ''}", flush=True)
    await asyncio.gather(*(worker.run() for worker in found))
