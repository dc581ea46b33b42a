import backfire_lab  # noqa: F401  before any test loads ONNX Runtime: it switches its telemetry off
import pytest
from tokenizers import Tokenizer

from backfire_lab.build_pack import PACK


@pytest.fixture(scope="session")
def tokenizer():
    """The embedded model's."""
    return Tokenizer.from_file(str(PACK / "tokenizer.json"))
