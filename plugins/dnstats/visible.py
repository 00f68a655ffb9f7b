"""Any text as text that shows what it is: nothing invisible, nothing that turns the line around.

For pages and mails. It does not escape HTML: that is for the templates.
"""

from __future__ import annotations


def visible(text: str, most: int = 1000) -> str:
    """One line of printable characters, at most `most` of them, cut off with an ellipsis.

    Control characters, line ends, bidirectional controls, zero-width characters and lone
    surrogates become their escapes (`\\n`, `\\u202e`).
    """
    if len(text) > most:
        text = text[: most - 1] + "…"
    if text.isprintable():
        return text
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode("ascii")
        for one in text
    )
    return shown if len(shown) <= most else shown[: most - 1] + "…"
