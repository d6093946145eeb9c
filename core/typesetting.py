"""Documents for paper: set by typst from a template of ours; text of people reaches it as data only."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import fontpkg_noto_sans
import manimgx_fonts_cjk
import typst

FONT_FOLDERS = [str(Path(fontpkg_noto_sans.__file__).parent / "files"), str(Path(manimgx_fonts_cjk.__file__).parent)]
FONTS = ["Noto Sans", "Noto Sans CJK SC"]
LANGUAGES = {"en": ("en", "US"), "zh-hans": ("zh", "CN"), "vi": ("vi", "VN")}
"""Language of the site -> language and region, as the typesetter names them."""


def typeset(template: Path, data: dict[str, Any], *, at: datetime) -> bytes:
    """The finished PDF. `at` is the moment it claims to be made.

    Reads the template's own folder and the fonts of our packages, nothing else: the same page on each machine.
    """
    return typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=int(at.timestamp()),
        format="pdf",
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=FONT_FOLDERS)
