"""The process of a workspace's JupyterLab: it keeps Python, the workspace's folder and one port, and gives up the rest.

What it may not touch, neither its own mistakes nor the kernels it starts can touch. It ends with whoever started it."""

import json
import mimetypes
import os
import sys
from pathlib import Path
from shutil import rmtree
from threading import Thread
from typing import Any

from nightlight.operations.notebooks.room import Room
from nightlight.sandbox.confinement import python_folders
from nightlight.sandbox.landlock import restrict_files

CODE = Path(__file__).resolve().parents[3]  # where Python looks for us, when it does not look among packages
IDLE_SECONDS = 3600  # a kernel, and then the server, that nobody has used for so long ends
# Output of notebooks is active content: it may run in its own place, and talk to nobody but its own server.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; frame-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
WITHOUT = (  # of JupyterLab: what asks the network or offers what there is not
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/terminal-extension",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/notebook-extension:language-server",
)


def main(door: int) -> None:
    """Take a room on the standard input, serve it, and end when the input does."""
    room = Room.read(sys.stdin.readline())
    write_configuration(room, door)
    if room.confined:
        files = [Path(file) for file in mimetypes.knownfiles if os.path.exists(file)]
        restrict_files(
            [Path("/proc"), *files],
            [room.folder, Path("/dev/null")],
            run=[*python_folders(), CODE],
            sockets=[room.runtime],
            listens=room.port,
        )
    Thread(target=_end_with_parent, args=(room,), daemon=True).start()
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance([])


def _end_with_parent(room: Room) -> None:
    """What people typed does not stay behind, even where nobody is left to clear it."""
    sys.stdin.read()
    rmtree(room.runtime, ignore_errors=True)
    os._exit(0)


def environment(room: Room) -> dict[str, str]:
    """All that the server, and its kernels, have of an environment."""
    folder = str(room.runtime)
    return {
        "LANG": "C.UTF-8",
        "HOME": folder,
        "TMPDIR": folder,
        "USER": room.name,
        "LOGNAME": room.name,
        "PATH": os.path.dirname(sys.executable),
        "JUPYTER_CONFIG_DIR": f"{folder}/config",
        "JUPYTER_DATA_DIR": f"{folder}/data",
        "JUPYTER_RUNTIME_DIR": f"{folder}/kernels",
        "JUPYTERLAB_SETTINGS_DIR": f"{folder}/settings",
        "JUPYTERLAB_WORKSPACES_DIR": f"{folder}/layouts",
        "JUPYTER_PLATFORM_DIRS": "1",
        "OPENBLAS_NUM_THREADS": "2",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }


def write_configuration(room: Room, door: int) -> None:
    """Jupyter's files: all settings are here, the installation's and the user's own do not count."""
    config, kernels = room.runtime / "config", room.runtime / "data" / "kernels" / "nightlight"
    for folder in (config / "labconfig", kernels, room.runtime / "kernels"):
        folder.mkdir(parents=True, exist_ok=True)
    _write(config / "jupyter_server_config.json", configuration(room, door))
    _write(config / "labconfig" / "page_config.json", {"disabledExtensions": dict.fromkeys(WITHOUT, True)})
    program = [sys.executable, "-P", "-s", "-m", f"{__package__}.kernel", "{connection_file}", room.write()]
    _write(
        kernels / "kernel.json",
        {
            "argv": program,
            "display_name": f"Python ({room.name})",
            "language": "python",
            "metadata": {"debugger": False},
        },
    )


def configuration(room: Room, door: int) -> dict[str, Any]:
    own = "nightlight.operations.notebooks.jupyter"
    return {
        "ServerApp": {
            "ip": "127.0.0.1",
            "port": room.port,
            "port_retries": 0,
            "open_browser": False,
            "allow_root": True,
            "root_dir": str(room.folder),
            "default_url": "/lab",
            "quit_button": False,
            "cookie_secret_file": str(room.runtime / "data" / "cookie_secret"),
            "terminals_enabled": False,
            "use_redirect_file": False,
            "allow_remote_access": bool(room.url),
            "trust_xheaders": bool(room.url),
            "identity_provider_class": f"{own}.People",
            "kernel_websocket_connection_class": f"{own}.SignedConnection",
            "kernel_spec_manager_class": f"{own}.OneKernel",
            "shutdown_no_activity_timeout": IDLE_SECONDS,
            "tornado_settings": {"headers": HEADERS},
            "jpserver_extensions": {"jupyter_lsp": False, "jupyter_server_terminals": False, "notebook_shim": False},
        },
        "Application": {"log_level": "WARN"},  # addresses of requests hold tickets
        "People": {
            "door": door,
            "pages": room.pages,
            "asked_every": room.asked_every,
            "token": "",
            "updatable_fields": [],
        },
        "LabApp": {"news_url": None, "extension_manager": "readonly", "expose_app_in_browser": False},
        "FileContentsManager": {"delete_to_trash": False, "allow_hidden": False},
        "KernelSpecManager": {"allowed_kernelspecs": ["nightlight"], "ensure_native_kernel": False},
        "MappingKernelManager": {
            "default_kernel_name": "nightlight",
            "cull_idle_timeout": IDLE_SECONDS,
            "cull_interval": 300,
            "cull_connected": True,
        },
        "ConnectionFileMixin": {"transport": "ipc"},
        "SQLiteYStore": {"db_path": str(room.runtime / "ystore.db")},
    }


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    os.umask(0o077)
    main(int(sys.argv[1]))
