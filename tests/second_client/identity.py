"""Who a node is: an Ed25519 key, its peer id, and the certificate that proves it (the libp2p TLS handshake)."""

import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

EXTENSION = ObjectIdentifier("1.3.6.1.4.1.53594.1.1")
SIGNED = b"libp2p-tls-handshake:"
# The protobuf of a public key: type 1 (Ed25519), then 32 bytes; and the multihash "identity" of these 36 bytes.
KEY_PREFIX = bytes.fromhex("08011220")
HASH_PREFIX = bytes.fromhex("0024")
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class NotTheirs(Exception):
    """A certificate proves no peer id."""


def base58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def peer_id(public):
    """The text form of the peer id of 32 bytes of an Ed25519 key."""
    return base58(HASH_PREFIX + KEY_PREFIX + public)


class Identity:
    """A key of its own, and a certificate for it."""

    def __init__(self):
        self.key = ed25519.Ed25519PrivateKey.generate()
        self.peer = peer_id(self.key.public_key().public_bytes_raw())
        self.certificate_key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.certificate_for(self.key.sign(SIGNED + _spki(self.certificate_key.public_key())))

    def certificate_for(self, proof):
        """The certificate with this signature of the key."""
        key = KEY_PREFIX + self.key.public_key().public_bytes_raw()
        signed_key = _octets(key) + _octets(proof)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "second client")])
        now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.certificate_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + 365 * day)
            .add_extension(x509.UnrecognizedExtension(EXTENSION, bytes([0x30, len(signed_key)]) + signed_key), critical=False)
            .sign(self.certificate_key, hashes.SHA256())
        )


def _spki(public):
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _octets(data):
    return bytes([0x04, len(data)]) + data


def proved_peer(certificate):
    """The peer id that a certificate proves. That its holder has the certificate's key is TLS's part."""
    now = datetime.datetime.now(datetime.timezone.utc)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise NotTheirs("the certificate is not valid now")
    try:
        certificate.verify_directly_issued_by(certificate)
        data = certificate.extensions.get_extension_for_oid(EXTENSION).value.value
        key, proof = data[4:40], data[42:]
        ed25519.Ed25519PublicKey.from_public_bytes(key[4:]).verify(proof, SIGNED + _spki(certificate.public_key()))
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise NotTheirs(f"the certificate proves no key: {error!r}") from error
    if data[:4] != bytes.fromhex("30680424") or key[:4] != KEY_PREFIX or data[40:42] != bytes.fromhex("0440") or len(proof) != 64:
        raise NotTheirs("the certificate is of another kind of key than Ed25519")
    if any(extension.critical and extension.oid != EXTENSION for extension in certificate.extensions):
        raise NotTheirs("the certificate has an extension that must be understood")
    return peer_id(key[4:])
