"""The headers that every answer bears, as ASGI sends them."""

Headers = list[tuple[bytes, bytes]]

_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_NOTHING = [*_ALWAYS, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")]
# The page at /docs runs its own scripts and reads its own document; Swagger UI sets styles and data: images itself.
_PAGE = [
    *_ALWAYS,
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
]
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
_NO_STORE = (b"cache-control", b"no-store")


def complete(headers: Headers, path: str, scheme: str) -> None:
    """Add the headers to those of an answer. What does not say that it may be kept may not; a page may have a policy
    of its own."""
    page = path.startswith("/docs")
    own = kept = page
    for name, _ in headers:
        if name == b"content-security-policy":
            own = True
        elif name == b"cache-control":
            kept = True
    headers += _PAGE if page else _ALWAYS if own else _NOTHING
    if scheme == "https":
        headers.append(_HTTPS_ONLY)
    if not kept:
        headers.append(_NO_STORE)
