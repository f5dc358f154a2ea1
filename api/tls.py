"""`--tls-auto`: a certificate authority of this museum alone, and a certificate for every name and address of this
machine.

Headsets give WebXR, Cache Storage and `crypto.subtle` to secure contexts only, and a museum's LAN rarely has names
that a public authority would certify. So the data directory keeps an authority of its own, ten years valid, whose
certificate people may install once; the server's certificate is signed by it, valid for 397 days (the longest that
Apple's systems take), and made anew when it nears its end or the machine's names or addresses change.

The authority is bound by name constraints (RFC 5280, 4.2.1.10) to private addresses, this machine's names and
`.local`, so that whoever steals its key cannot pose as a bank to those who installed it. Keys are ECDSA P-256 and
readable by the server's user only.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397
_RENEW_DAYS = 30
_PRIVATE_NETWORKS = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "100.64.0.0/10",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
)


@dataclass(frozen=True, slots=True)
class Certified:
    """Files of a server's certificate (with its authority's behind it) and key, and what it is valid for."""

    certificate: Path
    key: Path
    authority: Path
    names: tuple[str, ...]
    addresses: tuple[Address, ...]
    fingerprint: str
    """sha256 of the authority's certificate, as devices show it"""


def machine_names() -> tuple[str, ...]:
    """Host name, its short form, the `.local` name of mDNS, localhost."""
    full = socket.gethostname().lower().rstrip(".")
    short = full.split(".")[0]
    return tuple(sorted(name for name in {full, short, f"{short}.local", "localhost"} if name.isascii()))


def machine_addresses() -> tuple[Address, ...]:
    """Addresses of this machine, loopback among them; on Linux all interfaces, elsewhere what routes and names tell."""
    found: set[Address] = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    found |= set(_ipv4_of_interfaces())
    found |= set(_ipv6_of_interfaces())
    for family, probe in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Connecting a datagram socket sends nothing; it only asks which of our addresses would be used.
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((probe, 9))
            found.add(ipaddress.ip_address(asking.getsockname()[0].partition("%")[0]))
    with contextlib.suppress(OSError):
        for *_, where in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM):
            found.add(ipaddress.ip_address(str(where[0]).partition("%")[0]))
    return tuple(sorted(found, key=lambda address: (address.version, int(address))))


def _ipv4_of_interfaces() -> Iterable[Address]:
    try:
        import fcntl
    except ImportError:
        return
    siocgifaddr = 0x8915  # Linux, linux/sockios.h; other systems refuse it.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(asking, siocgifaddr, struct.pack("256s", name.encode()[:15]))
                yield ipaddress.ip_address(answer[20:24])


def _ipv6_of_interfaces() -> Iterable[Address]:
    with contextlib.suppress(OSError):
        for line in Path("/proc/net/if_inet6").read_text().splitlines():
            address = ipaddress.ip_address(bytes.fromhex(line.split()[0]))
            if not address.is_link_local:
                # Link-local addresses need a zone, which browsers do not take.
                yield address


def lan_addresses() -> tuple[Address, ...]:
    """Addresses under which other machines may reach this one, IPv4 first."""
    return tuple(address for address in machine_addresses() if not address.is_loopback and not address.is_link_local)


def certify(
    folder: Path, *, now: datetime, names: tuple[str, ...] | None = None, addresses: tuple[Address, ...] | None = None
) -> Certified:
    """The authority and certificate kept in `folder`, made or renewed where needed.

    Raises:
        OSError: the folder cannot be written to.
    """
    names = machine_names() if names is None else names
    addresses = machine_addresses() if addresses is None else addresses
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, authority_key = _authority(folder, now, names, addresses)
    certificate_path, key_path = folder / "server.crt", folder / "server.key"
    if not _still_good(folder, authority, now, names, addresses):
        certificate, key = _sign_server(authority, authority_key, now, names, addresses)
        _write(key_path, _key_bytes(key), 0o600)
        chain = certificate.public_bytes(serialization.Encoding.PEM) + authority.public_bytes(
            serialization.Encoding.PEM
        )
        _write(certificate_path, chain, 0o644)
    fingerprint = authority.fingerprint(hashes.SHA256()).hex(":").upper()
    return Certified(certificate_path, key_path, folder / "authority.crt", names, addresses, fingerprint)


def _authority(
    folder: Path, now: datetime, names: tuple[str, ...], addresses: tuple[Address, ...]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The kept authority, unless it nears its end or its constraints forbid a present name; else a new one."""
    certificate_path, key_path = folder / "authority.crt", folder / "authority.key"
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    except (OSError, ValueError):
        pass
    else:
        good = (
            isinstance(key, ec.EllipticCurvePrivateKey)
            and key.public_key() == certificate.public_key()
            and certificate.not_valid_after_utc > now + timedelta(days=_SERVER_DAYS)
            and _permits(certificate, names, addresses)
        )
        if good and isinstance(key, ec.EllipticCurvePrivateKey):
            return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Chronotope"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Chronotope on {socket.gethostname()[:40]}"),
        ]
    )
    networks = [ipaddress.ip_network(text) for text in _PRIVATE_NETWORKS]
    networks += [
        ipaddress.ip_network(address)
        for address in addresses
        if not any(address.version == network.version and address in network for network in networks)
    ]
    permitted: list[x509.GeneralName] = [x509.IPAddress(network) for network in networks]
    permitted += [x509.DNSName(name) for name in sorted({*names, "local"})]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _key_bytes(key), 0o600)
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return certificate, key


def _permits(authority: x509.Certificate, names: tuple[str, ...], addresses: tuple[Address, ...]) -> bool:
    try:
        permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return False
    networks = [general.value for general in permitted if isinstance(general, x509.IPAddress)]
    suffixes = [general.value for general in permitted if isinstance(general, x509.DNSName)]
    return all(any(name == suffix or name.endswith("." + suffix) for suffix in suffixes) for name in names) and all(
        any(address in network for network in networks if not isinstance(network, Address)) for address in addresses
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _sign_server(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    names: tuple[str, ...],
    addresses: tuple[Address, ...],
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [x509.DNSName(name) for name in names] + [x509.IPAddress(address) for address in addresses]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_SERVER_DAYS - 1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return certificate, key


def _still_good(
    folder: Path, authority: x509.Certificate, now: datetime, names: tuple[str, ...], addresses: tuple[Address, ...]
) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate((folder / "server.crt").read_bytes())
        key = serialization.load_pem_private_key((folder / "server.key").read_bytes(), None)
        certificate.verify_directly_issued_by(authority)
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        isinstance(key, ec.EllipticCurvePrivateKey)
        and key.public_key() == certificate.public_key()
        and certificate.not_valid_before_utc <= now
        and certificate.not_valid_after_utc > now + timedelta(days=_RENEW_DAYS)
        and set(names) <= set(alternatives.get_values_for_type(x509.DNSName))
        and set(addresses) <= set(alternatives.get_values_for_type(x509.IPAddress))
    )


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    """Replace a file as a whole; it never exists with wider rights than `mode`."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def qr_code(text: str) -> str:
    """A QR code for a terminal, of half blocks, so that a phone or headset need not type the address."""
    import io

    import segno

    out = io.StringIO()
    segno.make(text, micro=False, error="l").terminal(out, compact=True)
    return out.getvalue()
