# SPDX-License-Identifier: Apache-2.0
"""Where a live downlink is found: a ZeroMQ endpoint on this machine, `tcp://` on loopback or `ipc://`."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from contextlib import suppress
from pathlib import Path

from .errors import FlatsatError

PATH_OCTETS = 107  # sun_path, less its final zero
_ANY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_TCP = re.compile(r"tcp://(?:\[(?P<v6>[^]]*)\]|(?P<host>[^:/]*)):(?P<port>[0-9]{1,5})", re.ASCII)
_IPC = "ipc://"


class EndpointError(FlatsatError):
    """An endpoint that is none, is not on this machine, or cannot be had."""


def is_endpoint(text: str) -> bool:
    """Whether this is meant as an endpoint and not as a file's path."""
    return _ANY.match(text) is not None


def to_publish_on(text: str) -> str:
    """The endpoint as ZeroMQ binds it; port 0 is any that is free.

    ZeroMQ would remove whatever lies at the path of an `ipc://` endpoint, so that must be nothing, or a socket that
    nobody listens to. Raises EndpointError.
    """
    endpoint = _checked(text)
    if path := _path(endpoint):
        _make_sure_is_free(path)
    return endpoint


def to_listen_to(text: str) -> str:
    """The endpoint as ZeroMQ connects to it, whether or not somebody is there. Raises EndpointError."""
    endpoint = _checked(text)
    if endpoint.startswith("tcp://") and endpoint.endswith(":0"):
        raise EndpointError(f"{text} is of no port; give the one that the run says it publishes on")
    return endpoint


def remove(endpoint: str) -> None:
    """Remove what ZeroMQ leaves of an endpoint that was published on."""
    if path := _path(endpoint):
        with suppress(OSError):
            path.unlink()


def _path(endpoint: str) -> Path | None:
    """Where the socket is among the files; an abstract one (`ipc://@NAME`) is not."""
    name = endpoint.removeprefix(_IPC)
    return None if name == endpoint or name.startswith("@") else Path(name)


def _checked(text: str) -> str:
    if text.startswith(_IPC):
        return _checked_path(text)
    parts = _TCP.fullmatch(text)
    if parts is None or int(parts["port"]) > 0xFFFF:
        raise EndpointError(f"{text} is no endpoint; give tcp://127.0.0.1:PORT or ipc://PATH")
    host = parts["host"] if parts["v6"] is None else parts["v6"]
    if host == "localhost":
        host = "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback or (address.version == 6) != (parts["v6"] is not None):
        port = int(parts["port"]) or "PORT"
        raise EndpointError(
            f"{text} is not loopback; use tcp://127.0.0.1:{port}, and between machines a tunnel: "
            f"ssh -L {port}:127.0.0.1:{port} MACHINE-OF-THE-RUN"
        )
    return f"tcp://{f'[{host}]' if address.version == 6 else host}:{int(parts['port'])}"


def _checked_path(text: str) -> str:
    path = text.removeprefix(_IPC)
    if path in ("", "*", "@") or not path.isprintable():  # ZeroMQ would choose a path, or be confused
        raise EndpointError(f"{text} names no socket; give ipc://PATH")
    if len(os.fsencode(path)) > PATH_OCTETS:
        raise EndpointError(f"{text} is longer than a socket's path may be; give one nearer to the root")
    return text


def _make_sure_is_free(path: Path) -> None:
    if not path.parent.is_dir():
        raise EndpointError(f"{_IPC}{path}: there is no folder {path.parent}; make it first")
    if path.exists() and not path.is_socket():
        raise EndpointError(f"{path} is there and no socket; give ipc:// another path")
    if path.is_socket() and _answers(path):
        raise EndpointError(f"{_IPC}{path} is in use; give another path")


def _answers(path: Path) -> bool:
    """Whether somebody listens at the path, or may."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.setblocking(False)
        try:
            caller.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True
