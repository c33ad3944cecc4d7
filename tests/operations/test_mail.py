"""How mails leave: encrypted where the relay offers that, reports and alerts alike."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.operations.test_alerts import FAILING, MailServer, _Dialogue, serving

from nightlight.errors import NightlightError
from nightlight.operations.alerts import announce
from nightlight.operations.mail import mail_server
from nightlight.settings import Home, Settings


class EncryptingServer(MailServer):
    """A relay that offers STARTTLS; `ciphers` are of those who took it up."""

    def __init__(self, certificate: Path) -> None:
        super().__init__()
        self.RequestHandlerClass = _EncryptingDialogue
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.ciphers: list[str] = []


class _EncryptingDialogue(_Dialogue):
    server: EncryptingServer

    def handle(self) -> None:
        self._say("220 ready")
        while (line := self.rfile.readline().decode().strip().upper()) not in ("STARTTLS", ""):
            self._say("250-fine\r\n250 STARTTLS" if line.startswith("EHLO") else "530 encrypt first")
        self._say("220 go on")
        with self.server.context.wrap_socket(self.connection, server_side=True) as encrypted:
            self.rfile, self.wfile = encrypted.makefile("rb"), encrypted.makefile("wb", 0)  # type: ignore[assignment]
            self.server.ciphers.append(str(encrypted.cipher()))
            self._talk()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A relay's own certificate, signed by nobody else."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    plain = serialization.NoEncryption()
    file = tmp_path_factory.mktemp("relay") / "relay.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def relay(certificate: Path) -> Iterator[EncryptingServer]:
    yield from serving(EncryptingServer(certificate))


def test_an_alert_is_encrypted_where_the_relay_offers_that(relay: EncryptingServer, tmp_path: Path) -> None:
    root = Home.create(tmp_path / "harbour").root
    settings = Settings(
        alert_mail_to="ops@example.org, lead@example.org", alert_mail_host=relay.host, mail_from="data@example.org"
    )
    assert announce(Home(root, settings), FAILING, undecided=lambda subject: False) == []
    (mail,) = relay.mails
    assert len(relay.ciphers) == 1
    assert "From: data@example.org" in mail
    assert "To: ops@example.org, lead@example.org" in mail


def test_a_relay_that_is_not_there_is_a_line_with_the_setting_to_look_at() -> None:
    settings = Settings(alert_mail_to="ops@example.org", alert_mail_host="127.0.0.1:1")
    with pytest.raises(NightlightError, match="'alert_mail_host'"), mail_server(settings):
        pass
