"""Verifies who calls: the header `ordergraph-identity`, which a gateway signs for one subgraph."""

import base64
import json
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VALID_SECONDS = 120
TOLERANCE_SECONDS = 60


class IdentityError(Exception):
    """A request without a valid identity. The code is part of the contract."""

    def __init__(self, code="IDENTITY_REQUIRED", message="This subgraph accepts requests only from the gateway"):
        super().__init__(message)
        self.code = code


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Identities:
    """Verifies identities for one subgraph, with the public keys of a file that may be replaced at any time."""

    def __init__(self, file, subgraph):
        self.file = file
        self.subgraph = subgraph
        self.keys = None
        self.read_at = 0.0
        self.read()

    def read(self):
        if time.monotonic() - self.read_at < 1 and self.keys is not None:
            return
        self.read_at = time.monotonic()
        try:
            with open(self.file, encoding="utf-8") as file:
                keys = json.load(file)["keys"]
            self.keys = {key["kid"]: Ed25519PublicKey.from_public_bytes(decoded(key["x"])) for key in keys}
        except (OSError, ValueError, KeyError):
            # a file that is being replaced must not end the process
            if self.keys is None:
                raise

    def verify(self, token):
        """Returns the caller, or None for the public."""
        self.read()
        try:
            header, payload, signature = token.split(".")
            head, claims = json.loads(decoded(header)), json.loads(decoded(payload))
            if head["alg"] != "EdDSA":
                raise IdentityError()
            self.keys[head["kid"]].verify(decoded(signature), f"{header}.{payload}".encode())
            issued, expires = float(claims["iat"]), float(claims["exp"])
        except (AttributeError, KeyError, TypeError, ValueError, InvalidSignature):
            raise IdentityError() from None
        if claims.get("iss") != "ordergraph-gateway" or claims.get("aud") != self.subgraph:
            raise IdentityError()
        now = time.time()
        until = min(expires, issued + VALID_SECONDS) + TOLERANCE_SECONDS
        if not issued <= now + TOLERANCE_SECONDS or not now <= until:
            raise IdentityError("IDENTITY_CLOCK_SKEW", "The identity is from another time than this subgraph has")
        if claims.get("public") is True:
            return None
        principal = claims.get("principal")
        if not isinstance(principal, dict) or not all(isinstance(principal.get(name), str) for name in ("issuer", "subject")):
            raise IdentityError()
        return principal
