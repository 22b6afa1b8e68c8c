"""A run in the kernel of a notebook: progress that is updated, and an interruption."""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

jupyter_client = pytest.importorskip("jupyter_client")
pytest.importorskip("ipykernel")


@pytest.fixture
def kernel() -> Iterator[tuple[Any, Any]]:
    manager = jupyter_client.KernelManager(kernel_name="python3")
    manager.start_kernel(extra_arguments=["--log-level=ERROR"])
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def messages(client: Any, of: str, seconds: float = 60) -> Iterator[tuple[str, Any]]:
    """What the kernel says about a cell, until it has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            message = client.get_iopub_msg(timeout=1)
        except queue.Empty:
            continue
        if message["parent_header"].get("msg_id") != of:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            return
        yield kind, content
    raise TimeoutError("the cell did not end")


def finished(line: str) -> int:
    """Trajectories, by a line of the progress."""
    found = re.match(r"(\d+) of ", line)
    return int(found[1]) if found else 0


def test_a_run_shows_its_progress_and_can_be_interrupted(kernel: tuple[Any, Any]) -> None:
    manager, client = kernel
    cell = client.execute(
        "import cristae\ncristae.run('telegraph', t_end=1e5, sample_every=10, trajectories=100_000)"
    )
    lines, error, is_stopped = [], "", False
    for kind, content in messages(client, cell):
        if kind in ("display_data", "update_display_data"):
            lines.append(content["data"]["text/plain"])
            # On a busy machine nothing may be finished by the third line, and then nothing is left.
            if len(lines) >= 3 and not is_stopped and finished(lines[-1]) >= 1000:
                manager.interrupt_kernel()
                is_stopped = True
        elif kind == "error":
            error = content["ename"]
    assert error == "KeyboardInterrupt"
    assert " of 100000 trajectories, " in lines[0] and lines[-1] == ""
    cell = client.execute(
        "part = cristae.interrupted(); print(part.attrs['status'], part.n[0].item())"
    )
    said = "".join(
        content["text"] for kind, content in messages(client, cell) if kind == "stream"
    ).split()
    assert said[0] == "interrupted" and 0 < int(said[1]) < 100_000
