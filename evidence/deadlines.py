"""What silence does to an upload; `assurance/wiring.py` connects it."""

from django.utils.translation import gettext_lazy as _

from core import deadlines
from evidence.actions import UPLOAD_DEADLINE, abandon_upload
from evidence.locks import lock_document


def connect() -> None:
    deadlines.register(
        UPLOAD_DEADLINE,
        lock=lock_document,
        act=abandon_upload,
        silence=_("The upload is given up; the file has to be sent again."),
    )
