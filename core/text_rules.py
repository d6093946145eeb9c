"""What a name or a text may hold: no control, bidirectional-override or invisible characters, and an end."""

import unicodedata

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.errors import Invalid

NAME_LIMIT = 200
FORBIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories that show nothing, or change how their neighbours are shown."""
LINE_BREAKS = {"\n", "\r", "\t"}


def check_name(text: str, field: str, limit: int = NAME_LIMIT) -> str:
    """Return a one-line name, composed (NFC) and with single blanks. Raises Invalid beside `field`.

    Refused: empty, over `limit` characters, no letter or digit, control, bidirectional-override and invisible
    characters (they let one name pass for another).
    """
    name = " ".join(check_visible(text, field, allowed=set()).split(" ")).strip()
    name = " ".join(name.split())
    if not name:
        raise Invalid(fields={field: _("This can't be empty.")})
    check_length(name, field, limit)
    if not any(unicodedata.category(letter)[0] in "LN" for letter in name):
        raise Invalid(fields={field: _("Write at least one letter or digit.")})
    return name


def check_text(text: str, field: str, limit: int) -> str:
    """Return a text of several lines, composed and stripped; it may be empty. Raises Invalid beside `field`."""
    found = check_visible(text, field, allowed=LINE_BREAKS).replace("\r\n", "\n").strip()
    check_length(found, field, limit)
    return found


def check_length(text: str, field: str, limit: int) -> None:
    if len(text) > limit:
        words = ngettext_lazy(
            "At most %(limit)d character; this has more.", "At most %(limit)d characters; this has more.", limit
        )
        raise Invalid(fields={field: words % {"limit": limit}})


def check_visible(text: str, field: str, *, allowed: set[str]) -> str:
    """Composed text without a hidden character outside `allowed`."""
    composed = unicodedata.normalize("NFC", text)
    for letter in composed:
        if unicodedata.category(letter) in FORBIDDEN and letter not in allowed:
            code = f"U+{ord(letter):04X}"
            words = _("This holds an invisible or direction-changing character (%(code)s). Type it anew.")
            raise Invalid(fields={field: words % {"code": code}})
    return composed
