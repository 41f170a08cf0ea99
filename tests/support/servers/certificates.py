"""An authority of the tests' own and what it vouches for, made anew for each test session."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from testcontainers.core.container import DockerContainer


@dataclass(frozen=True)
class Certificates:
    """An authority of the tests' own, the servers' certificate by it, and another authority."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority behind the servers' certificate."""
        return self.folder / "ca.pem"

    @property
    def stranger(self) -> Path:
        """An authority that vouches for nobody here."""
        return self.folder / "stranger.pem"

    def copy_into(self, container: DockerContainer) -> DockerContainer:
        """Give a container what a server needs of them."""
        for name in ("ca.pem", "server.pem", "server.key"):
            container.with_copy_into_container(self.folder / name, f"/certificates/{name}")
        return container


def make_certificates(folder: Path) -> Certificates:
    """Make them in `folder`."""
    issuer = _signed("the tests", None, folder / "ca")
    _signed("a stranger", None, folder / "stranger")
    _signed("localhost", issuer, folder / "server")
    return Certificates(folder)


Issuer = tuple[x509.Name, ec.EllipticCurvePrivateKey]


def _signed(name: str, issuer: Issuer | None, path: Path) -> Issuer:
    """Write a key and its certificate: an authority's own, or a server's by `issuer`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer or (subject, key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )
    for extension, critical in _extensions(key, signer[1], authority=issuer is None):
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(signer[1], hashes.SHA256())
    path.with_suffix(".pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return subject, key


def _extensions(
    key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, *, authority: bool
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """All that a strict client asks for, as Python does from 3.13 on."""
    public = signer.public_key()
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
    yield x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False
    yield x509.BasicConstraints(ca=authority, path_length=None), True
    if authority:
        no = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **no)
        yield usage, True
        return
    local = ipaddress.ip_address("127.0.0.1")
    names = [x509.DNSName("localhost"), x509.IPAddress(local)]
    yield x509.SubjectAlternativeName(names), False
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False
