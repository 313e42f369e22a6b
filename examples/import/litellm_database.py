#!/usr/bin/env python3
"""The keys in the database of a LiteLLM proxy, as JSON lines: those of its credentials, and of models that have a key of their own.

    psql -XAtf litellm_database.sql | litellm_database.py | byok key import - --org acme
    psql -XAtf litellm_database.sql | litellm_database.py --teams | byok key import -

psql finds the database by PGSERVICE or PGHOST, PGDATABASE and so on. The values are encrypted with LITELLM_SALT_KEY or, where that
was never set, with LITELLM_MASTER_KEY. One of them must be set here. It needs PyNaCl, and cryptography where the proxy has
`encryption_algorithm: aes-256-gcm`. LiteLLM has both, so its own Python can run this. `litellm_config.py` lies beside it.

Models that belong to a team are left out. With --teams only they are written, and the organization of each is the id of its team.
Nothing is written if a value cannot be decrypted. Virtual keys of LiteLLM are stored as hashes, and are no keys of a provider.
"""
import base64
import hashlib
import json
import os
import sys

from litellm_config import of_credential, of_model, write

GCM = "v2:gcm:"


def decrypted(text, key):
    """A value as it was before LiteLLM encrypted it."""
    if text.startswith(GCM):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = base64.urlsafe_b64decode(text.removeprefix(GCM))
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], None).decode()
    from nacl.secret import SecretBox

    # Rows of old versions are in the other alphabet of base64.
    return SecretBox(key).decrypt(base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_"))).decode()


def opened(row, field, name, key):
    """The values of a row. Everything that is a text is encrypted."""
    values = row[field]
    try:
        return {part: decrypted(text, key) if isinstance(text, str) else text for part, text in values.items()}
    except ImportError as error:
        sys.exit(f"{error}: run this with the Python of LiteLLM")
    except Exception:  # Each library has its own error, and none of them may be shown with the value.
        sys.exit(f"{row[name]!r} does not decrypt: LITELLM_SALT_KEY is that of another proxy, or the row is damaged")


def entries(rows, key, teams):
    for row in rows:
        team = (row.get("model_info") or {}).get("team_id")
        if bool(team) != teams:
            continue
        if "credential_values" in row:
            yield from of_credential(opened(row, "credential_values", "credential_name", key), row["credential_info"] or {})
        else:
            for line in of_model(opened(row, "litellm_params", "model_name", key)):
                yield {"org": team, **line} if teams else line


salt = os.environ.get("LITELLM_SALT_KEY") or os.environ.get("LITELLM_MASTER_KEY")
if not salt:
    sys.exit("LITELLM_SALT_KEY is not set, nor LITELLM_MASTER_KEY")
rows = (json.loads(line) for line in sys.stdin if line.strip())
write(entries(rows, hashlib.sha256(salt.encode()).digest(), "--teams" in sys.argv[1:]))
