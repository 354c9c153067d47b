"""Signatures as wacz-auth 0.1.0 has them for a key of one's own: ECDSA on P-384, SHA-256 (CONFORMANCE Z5)."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

_HALF = 48  # octets of r and of s on P-384


class Signer:
    """Signs packages with a private key.

    Args:
        key: On the curve P-384; readers accept no other.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> str:
        """SubjectPublicKeyInfo in base64."""
        spki = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(spki).decode("ascii")

    def sign(self, digest: str, created: str, software: str) -> dict[str, Any]:
        """`signedData` of datapackage-digest.json.

        Args:
            digest: Of datapackage.json, as `sha256:` and hex; this text itself is signed.
            created: The same as in datapackage.json.
            software: Who signs.
        """
        r, s = utils.decode_dss_signature(self._key.sign(digest.encode("ascii"), ec.ECDSA(hashes.SHA256())))
        raw = r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
        return {
            "hash": digest,
            "created": created,
            "software": software,
            "signature": base64.b64encode(raw).decode("ascii"),
            "publicKey": self.public_key,
        }


def verify(signed: dict[str, Any]) -> bool:
    """Whether `signedData` carries a signature of its hash by its public key. Whose key that is, it cannot say."""
    try:
        key = serialization.load_der_public_key(base64.b64decode(signed["publicKey"], validate=True))
        raw = base64.b64decode(signed["signature"], validate=True)
        if not isinstance(key, ec.EllipticCurvePublicKey) or len(raw) != 2 * _HALF:
            return False
        signature = utils.encode_dss_signature(int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big"))
        key.verify(signature, signed["hash"].encode("ascii"), ec.ECDSA(hashes.SHA256()))
    except (KeyError, ValueError, TypeError, AttributeError, InvalidSignature):
        return False
    return True
