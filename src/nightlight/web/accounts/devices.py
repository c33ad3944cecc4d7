"""What kind of browser a session runs in, so that people know their own devices in a list."""

import re

BROWSERS = {  # the first that fits: most call themselves by their ancestors' names too
    "Edge": r"Edg",
    "Opera": r"OPR/",
    "Samsung Internet": r"SamsungBrowser",
    "Firefox": r"Firefox|FxiOS",
    "Chrome": r"Chrome|CriOS",
    "Safari": r"Safari",
}
SYSTEMS = {
    "Android": r"Android",
    "iPhone": r"iPhone",
    "iPad": r"iPad",
    "Windows": r"Windows",
    "Mac": r"Macintosh",
    "ChromeOS": r"CrOS",
    "Linux": r"Linux",
}


def device_name(client: str) -> str:
    """
    >>> device_name("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0")
    'Firefox, Linux'
    >>> device_name("curl/8.5")
    'curl/8.5'
    """
    found = [_first(BROWSERS, client), _first(SYSTEMS, client)]
    return ", ".join(filter(None, found)) or client[:40]


def _first(kinds: dict[str, str], client: str) -> str:
    return next((name for name, pattern in kinds.items() if re.search(pattern, client)), "")
