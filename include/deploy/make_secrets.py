"""Writes the secrets that docker-compose.yaml asks for into .env; those that stand there stay.

    python3 include/deploy/make_secrets.py [FILE]

Needs nothing but Python itself. Passwords are letters and digits, so that they fit into URLs.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
import tempfile
from pathlib import Path

PASSWORDS = (
    "POSTGRES_PASSWORD",
    "POSTGRES_AIRFLOW_PASSWORD",
    "POSTGRES_OWNER_PASSWORD",
    "POSTGRES_APP_PASSWORD",
    "POSTGRES_READER_PASSWORD",
    "VALKEY_PASSWORD",
    "AIRFLOW_ADMIN_PASSWORD",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_SECRET_KEY",
)
FERNET_KEY = "AIRFLOW_FERNET_KEY"


def complete(text: str) -> str:
    """The file's text with a value for every secret that has none."""
    lines = text.splitlines()
    known = {line.partition("=")[0].strip() for line in lines if line.partition("=")[2].strip()}
    made = {name: secrets.token_hex(24) for name in PASSWORDS}
    # Fernet wants 32 bytes in URL-safe base64.
    made[FERNET_KEY] = base64.urlsafe_b64encode(os.urandom(32)).decode()
    kept = [line for line in lines if line.partition("=")[0].strip() in known | {""} | _other(line)]
    added = [f"{name}={value}" for name, value in made.items() if name not in known]
    return "\n".join([*kept, *added]) + "\n"


def _other(line: str) -> set[str]:
    """The name of a line that is not about one of our secrets."""
    name = line.partition("=")[0].strip()
    return set() if name in {*PASSWORDS, FERNET_KEY} else {name}


def main(arguments: list[str]) -> int:
    """Complete the file, readable for its owner only, whole or not at all."""
    path = Path(arguments[0] if arguments else ".env")
    before = path.read_text("utf-8") if path.exists() else ""
    handle, draft = tempfile.mkstemp(prefix=".env-", dir=path.resolve().parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp makes it with mode 0600
        file.write(complete(before))
    os.replace(draft, path)
    print(f"{path}: every secret has a value; keep this file, the databases depend on it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
