"""The home's signing key: made on first use, kept in the home, never shown.

ECDSA on P-384 with SHA-256, which is what WACZ readers verify (wacz-auth 0.1.0) and what OpenSSL does by itself.
Whoever holds a signature and the public key can tell that a file was signed here and not altered since; that the
key is really ours they must learn from us (the fingerprint, on paper or on our web site).
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mirror.errors import MirrorError

KEY_NAME = "signing-key.pem"
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class SigningKey:
    """The private key of one home."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private

    @classmethod
    def of_home(cls, home: Path) -> SigningKey:
        """The home's key, `signing-key.pem`; made, readable by its owner only, if there is none.

        Raises MirrorError if it is no such key, OSError if it can be neither read nor made.
        """
        path = home / KEY_NAME
        try:
            if not path.exists():
                _make(path)
            elif path.stat().st_mode & 0o077:
                path.chmod(0o600)
            private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise MirrorError(
                f"{path}: cannot be read as a signing key ({error}). Restore it from a copy; or move it away, and a "
                f"new one is made: what was signed with the old one can still be verified"
            ) from None
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP384R1):
            raise MirrorError(f"{path}: this is no ECDSA key on the curve P-384. Move it away, and a new one is made")
        return cls(private)

    def sign(self, data: bytes) -> bytes:
        """The signature, in DER, as `openssl dgst -sha256 -verify` takes it."""
        return self._private.sign(data, _ALGORITHM)

    @property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The key itself, to sign packages with (`warc.wacz.signature`)."""
        return self._private

    @property
    def public_der(self) -> bytes:
        """The public key as SubjectPublicKeyInfo (RFC 5280, 4.1), in DER."""
        return self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def public_pem(self) -> str:
        """The public key as text, for OpenSSL."""
        return (
            self._private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    @property
    def fingerprint(self) -> str:
        """`SHA256:` and Base64 over the public key, to compare by eye."""
        return fingerprint(self.public_der)


def fingerprint(public_der: bytes) -> str:
    """`SHA256:` and Base64 without padding, over a public key in DER."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public_der).digest()).decode("ascii").rstrip("=")


def verify(public_pem: str, signature: bytes, data: bytes) -> str | None:
    """Whether the holder of a key signed these bytes.

    Args:
        public_pem: The public key.
        signature: In DER.
        data: What was signed.

    Returns:
        The fingerprint of the key; None if the signature is not of this key over these bytes.
    """
    try:
        public = serialization.load_pem_public_key(public_pem.encode("ascii", "replace"))
    except ValueError:
        return None
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return None
    try:
        public.verify(signature, data, _ALGORITHM)
    except InvalidSignature:
        return None
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return fingerprint(der)


def _make(path: Path) -> None:
    """Write a new key under a name of its own and link it in place: two at once make one key, never half of one."""
    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)
        except FileExistsError:
            return
    finally:
        partial.unlink()
