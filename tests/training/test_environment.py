"""What torch reads when it is loaded is said before that, whichever command loads it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["elvisbot.training.run", "elvisbot.evaluation.score"])
def test_torch_is_told_how_to_wait_before_it_is_loaded(module: str) -> None:
    told = (
        "import importlib, os, sys\n"
        "os.environ.pop('GOMP_SPINCOUNT', None)\n"
        "sys.modules['torch'] = None  # whoever imports it now fails\n"
        "try:\n"
        f"    importlib.import_module({module!r})\n"
        "except ImportError:\n"
        "    print(os.environ.get('GOMP_SPINCOUNT'))\n"
    )
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ended.stdout.strip().isdigit()
