"""The endpoint by which Azure gives a container the tokens of its managed identity, and a certificate for 127.0.0.1."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HEADER = "a-header-that-only-this-container-knows"


@dataclass
class Identity:
    """What was asked of the endpoint, and the environment of a container that may ask."""

    url: str
    certificate: Path
    resources: set[str] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)
    audience: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "IDENTITY_ENDPOINT": self.url,
            "IDENTITY_HEADER": HEADER,
            "AZURE_CLIENT_ID": "client-worker",
            "SSL_CERT_FILE": str(self.certificate),
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }

    @contextmanager
    def with_tokens_for(self, audience: str) -> Iterator[None]:
        """Give tokens that are good for something else than what was asked for."""
        self.audience = audience
        try:
            yield
        finally:
            self.audience = ""

    def token(self, resource: str) -> dict[str, str]:
        now = int(time.time())
        claims = {
            "aud": self.audience or resource,
            "iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000001/",
            "nbf": now - 60,
            "iat": now - 60,
            "exp": now + 3600,
        }
        return {
            "access_token": jwt.encode(claims, "not-checked-by-azurite-nor-by-the-vault", algorithm="HS256"),
            "expires_on": str(now + 3600),
            "resource": resource,
            "token_type": "Bearer",
        }


@contextmanager
def endpoint(certificate: Path) -> Iterator[Identity]:
    """Serve tokens to who sends the header."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("X-IDENTITY-HEADER") != HEADER:
                self.send_error(401)
                return
            query = parse_qs(urlsplit(self.path).query)
            resource = query["resource"][0]
            identity.resources.add(resource)
            identity.clients.update(query.get("client_id", ()))
            body = json.dumps(identity.token(resource)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as url:
        identity = Identity(f"{url}/msi/token", certificate)
        yield identity


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], certificate: tuple[Path, Path] | None = None) -> Iterator[str]:
    """Serve HTTP, or HTTPS with a certificate and its key, on a free port of 127.0.0.1, in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that signs itself; its path and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file
