"""Secrets of the local stack: made once, kept under var/secrets, readable by their owner alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple


class Secrets(NamedTuple):
    """What Airflow's components share, and the one login."""

    fernet_key: str
    jwt_secret: str
    api_secret_key: str
    admin_password: str
    passwords_file: Path


def load(folder: Path) -> Secrets:
    """The secrets in `folder`, those missing made now."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    password = kept(folder / "admin_password", secrets.token_urlsafe(12))
    passwords_file = folder / "airflow_passwords.json"
    wanted = json.dumps({"admin": password})
    if not passwords_file.exists() or passwords_file.read_text() != wanted:
        write(passwords_file, wanted)
    return Secrets(
        # Fernet's key: 32 random bytes in URL-safe base64.
        kept(folder / "fernet_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()),
        kept(folder / "jwt_secret", secrets.token_urlsafe(48)),
        kept(folder / "api_secret_key", secrets.token_urlsafe(48)),
        password,
        passwords_file,
    )


def kept(path: Path, new: str) -> str:
    """What the file holds; `new`, written there, when it holds nothing."""
    try:
        known = path.read_text().strip()
    except FileNotFoundError:
        known = ""
    if known:
        path.chmod(0o600)
        return known
    write(path, new)
    return new


def write(path: Path, text: str) -> None:
    """Write a file that never was readable by others, whole or not at all."""
    half = path.with_name(path.name + ".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    half.replace(path)
