"""What a plugin's code raised, in words that can be shown whatever it is."""

from __future__ import annotations

from typing import Final

MOST: Final = 400
"""Characters of a message that are shown."""


def said(error: BaseException) -> str:
    """Kind and message of an error on one line of bounded length; one whose message can't be had says so."""
    try:
        text = " ".join(str(error).split())
    except Exception as worse:  # a plugin's own class of error
        text = f"(showing it raises {type(worse).__name__})"
    return f"{type(error).__name__}: {text if len(text) <= MOST else text[:MOST] + ' …'}"
