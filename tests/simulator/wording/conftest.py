"""A real server for models' words, and conversations with it."""

from collections.abc import Iterator

import pytest
from tests.simulator.openai_server import Server, running


@pytest.fixture(scope="module")
def module_server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def server(module_server: Server) -> Server:
    module_server.requests.clear()
    module_server.says.clear()
    return module_server
