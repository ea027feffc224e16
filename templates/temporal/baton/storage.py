"""Where work is kept that is too large for a payload of Temporal, which holds 2 MB.

Must not know: what is kept. A file is named by what it holds, so that nothing is kept twice, and none is ever changed.
All workers, and whoever submits or answers, see the same folder: BATON_STORE, or `store/` beside the plan.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

LARGE = 256 * 1024
"""A payload of so many bytes is kept there."""


def storage(folder: Path) -> ExternalStorage:
    """The folder of files of a build."""
    place = Path(os.environ.get("BATON_STORE", folder / "store"))
    return ExternalStorage(drivers=[Files(place)], payload_size_threshold=LARGE)


class Files(StorageDriver):
    """Payloads as files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def name(self) -> str:
        return "baton-files"

    async def store(self, context: StorageDriverStoreContext, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:
        return [await asyncio.to_thread(self._keep, payload.SerializeToString()) for payload in payloads]

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        kept = [await asyncio.to_thread((self._folder / claim.claim_data["file"]).read_bytes) for claim in claims]
        return [Payload.FromString(held) for held in kept]

    def _keep(self, held: bytes) -> StorageDriverClaim:
        name = hashlib.sha256(held).hexdigest()
        self._folder.mkdir(parents=True, exist_ok=True)
        if not (self._folder / name).exists():
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(held)
                file.flush()
                os.fsync(file.fileno())
            os.replace(file.name, self._folder / name)  # whole, or not at all
        return StorageDriverClaim({"file": name})
