"""What a browser is told about the console's answers: where scripts may come from, and no more.

Scripts and styles come from files of the console alone. Trusted Types without a policy (W3C) leave
no way to make markup of a text, so what a container is called or writes stays text.
"""

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    # no-referrer would make Chromium send `Origin: null` with forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

PAGE_RULES = {
    **_COMMON,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
}
"""Headers of the page and its files."""

DATA_RULES = {
    **_COMMON,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "no-store",
}
"""Headers of everything else: opened as a page by itself it can do nothing."""

SHOWN = frozenset(
    {"application/json", "application/problem+json", "application/x-ndjson", "text/plain"}
)
"""Types of data that a browser gets as what they are; everything else is bytes to be saved."""


def data_headers(media: str) -> dict[str, str]:
    """Return the headers of data of a type: what a container calls a page is never shown as one."""
    media = media.partition(";")[0].strip().lower()
    if media in SHOWN:
        return {**DATA_RULES, "Content-Type": f"{media}; charset=utf-8"}
    return {
        **DATA_RULES,
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment",
    }
