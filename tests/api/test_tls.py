from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from api.tls import Certified, certify, lan_addresses, machine_addresses, machine_names, qr_code

if TYPE_CHECKING:
    from pathlib import Path

# The real day, because OpenSSL compares with it.
TODAY = datetime.now(UTC).replace(microsecond=0)
LAN = ipaddress.ip_address("192.168.7.7")
NAMES = ("headset-museum", "headset-museum.local", "localhost")


def _made(folder: Path, now: datetime = TODAY, names: tuple[str, ...] = NAMES, *addresses: str) -> Certified:
    found = tuple(ipaddress.ip_address(text) for text in addresses or ("127.0.0.1", str(LAN)))
    return certify(folder, now=now, names=names, addresses=found)


def _certificate(made: Certified) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


def test_the_certificate_holds_every_name_and_address(tmp_path: Path) -> None:
    alternatives = _certificate(_made(tmp_path)).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(alternatives.get_values_for_type(x509.DNSName)) == set(NAMES)
    assert LAN in alternatives.get_values_for_type(x509.IPAddress)


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    _made(tmp_path)
    for name in ("authority.key", "server.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_the_second_start_makes_nothing_new(tmp_path: Path) -> None:
    first = _made(tmp_path).certificate.read_bytes()
    assert _made(tmp_path, TODAY + timedelta(days=300)).certificate.read_bytes() == first


def test_it_is_renewed_by_the_same_authority_when_it_nears_its_end(tmp_path: Path) -> None:
    first = _made(tmp_path)
    before = first.certificate.read_bytes()
    second = _made(tmp_path, TODAY + timedelta(days=370))
    assert second.certificate.read_bytes() != before
    assert second.fingerprint == first.fingerprint
    assert _certificate(second).not_valid_after_utc > TODAY + timedelta(days=700)


def test_it_is_renewed_by_the_same_authority_when_an_address_is_new(tmp_path: Path) -> None:
    first = _made(tmp_path)
    second = _made(tmp_path, TODAY, NAMES, "127.0.0.1", "10.0.0.5")
    assert second.fingerprint == first.fingerprint
    alternatives = _certificate(second).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address("10.0.0.5") in alternatives.get_values_for_type(x509.IPAddress)


def test_a_public_address_needs_an_authority_that_may_certify_it(tmp_path: Path) -> None:
    first = _made(tmp_path)
    second = _made(tmp_path, TODAY, NAMES, "192.0.2.2")
    assert second.fingerprint != first.fingerprint
    assert _made(tmp_path, TODAY, NAMES, "192.0.2.2").fingerprint == second.fingerprint


def test_damaged_files_are_made_anew(tmp_path: Path) -> None:
    _made(tmp_path)
    (tmp_path / "server.key").write_text("damaged")
    _handshake(_made(tmp_path), "localhost")
    (tmp_path / "authority.crt").write_text("damaged")
    _handshake(_made(tmp_path), "localhost")


def test_the_fingerprint_is_that_of_the_authority(tmp_path: Path) -> None:
    made = _made(tmp_path)
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    assert made.fingerprint.replace(":", "").lower() == authority.fingerprint(hashes.SHA256()).hex()


def _handshake(made: Certified, name: str) -> None:
    """TLS with a client that trusts the authority and expects `name`. Raises ssl.SSLError."""
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(made.certificate, made.key)
    client = ssl.create_default_context(cafile=str(made.authority))
    left, right = socket.socketpair()

    def serve() -> None:
        # Where the client does not like what it sees, it says so itself.
        with left, contextlib.suppress(OSError):
            serving.wrap_socket(left, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with right, client.wrap_socket(right, server_hostname=name):
            pass
    finally:
        thread.join()


@pytest.mark.parametrize("name", [*NAMES, "127.0.0.1", str(LAN)])
def test_a_client_that_trusts_the_authority_accepts_every_name_and_address(tmp_path: Path, name: str) -> None:
    _handshake(_made(tmp_path), name)


def test_another_name_is_not_accepted(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(_made(tmp_path), "bank.example")


def test_a_stolen_authority_cannot_certify_a_foreign_name(tmp_path: Path) -> None:
    # The constraints are in the authority: what it signs beyond them is not accepted by anybody who checks.
    _made(tmp_path)
    from api import tls

    authority, key = tls._authority(tmp_path, TODAY, NAMES, (LAN,))
    forged, forged_key = tls._sign_server(authority, key, TODAY, ("bank.example",), ())
    from cryptography.hazmat.primitives import serialization

    (tmp_path / "forged.crt").write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "forged.key").write_bytes(tls._key_bytes(forged_key))
    made = Certified(tmp_path / "forged.crt", tmp_path / "forged.key", tmp_path / "authority.crt", (), (), "")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        _handshake(made, "bank.example")


def test_this_machine_has_names_and_addresses() -> None:
    assert "localhost" in machine_names()
    assert ipaddress.ip_address("127.0.0.1") in machine_addresses()
    assert not any(address.is_loopback or address.is_link_local for address in lan_addresses())


def test_a_qr_code_fits_a_terminal() -> None:
    lines = qr_code("https://192.168.178.123:8000/exhibitions/terrace").splitlines()
    assert 15 < len(lines) < 40
    assert max(map(len, lines)) < 80
