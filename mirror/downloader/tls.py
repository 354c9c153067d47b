"""How a connection is secured, and what to call it: contexts and IANA names."""

from __future__ import annotations

import re
import ssl
from functools import cache

_PROTOCOLS = {
    "SSLv3": "ssl/3",
    "TLSv1": "tls/1.0",
    "TLSv1.1": "tls/1.1",
    "TLSv1.2": "tls/1.2",
    "TLSv1.3": "tls/1.3",
}


def verifying_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Today's standard: certificate and host name checked, TLS 1.0 and 1.1 refused (RFC 8996).

    Args:
        ca_file: Certificates to trust instead of the system's, in PEM.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian's Python leaves it to OpenSSL, which takes 1.0
    context.set_alpn_protocols(["http/1.1"])
    return context


def lenient_context() -> ssl.SSLContext:
    """Takes whatever an old server has: any certificate, TLS from 1.0, old ciphers, old renegotiation."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    context.set_alpn_protocols(["http/1.1"])
    return context


def protocol_name(version: str | None) -> str:
    """WARC-Protocol value of what `SSLObject.version` says, such as "tls/1.3"."""
    return _PROTOCOLS.get(version or "", "tls")


@cache
def iana_name(cipher: str) -> str:
    """IANA name of a cipher suite that OpenSSL calls otherwise.

    ECDHE-RSA-AES128-GCM-SHA256 is TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; the suites of TLS 1.3 have one
    name only. A suite these rules do not fit keeps OpenSSL's name.
    """
    if cipher.startswith("TLS_"):
        return cipher
    found = _OPENSSL_NAME.fullmatch(cipher)
    if found is None:
        return cipher
    exchange = _EXCHANGES.get(found["exchange"], (found["exchange"] or "").replace("-", "_"))
    bulk = _BULKS.get(found["bulk"], re.sub(r"([A-Z])(\d)", r"\1_\2", found["bulk"].replace("-", "_")))
    mac = "_" + found["mac"] if found["mac"] else ""
    if bulk.endswith("CCM_8"):
        return f"TLS_{exchange}_WITH_{bulk}"
    if re.fullmatch(r"(AES|CAMELLIA|ARIA)_\d+|SEED", bulk):
        bulk += "_CBC"  # the mode OpenSSL leaves unsaid
    return f"TLS_{exchange}_WITH_{bulk}{mac}"


_EXCHANGES = {None: "RSA", "ADH": "DH_anon", "AECDH": "ECDH_anon", "ECDHE": "ECDHE_RSA"}
_BULKS = {"DES-CBC3": "3DES_EDE_CBC", "CHACHA20-POLY1305": "CHACHA20_POLY1305_SHA256", "RC4": "RC4_128"}
_OPENSSL_NAME = re.compile(
    r"(?:(?P<exchange>ECDHE-RSA|ECDHE-ECDSA|ECDHE|DHE-RSA|DHE-DSS|ADH|AECDH)-)?"
    r"(?P<bulk>DES-CBC3|CHACHA20-POLY1305|RC4|NULL|SEED|IDEA-CBC|(?:AES|CAMELLIA|ARIA)\d+(?:-(?:GCM|CCM8?))?)"
    r"(?:-(?P<mac>SHA\d*|MD5))?"
)
