from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from companies.models import Company, User
from core.models.append_only import append_only
from core.states import StateField, guard_states


class Kind(models.TextChoices):
    """What a document shows (rules, section 5)."""

    BILL = "bill", _("Invoice")
    INSPECTION = "inspection", _("Quality inspection record")
    PRODUCT_PHOTO = "product_photo", _("Product photo before packing")
    CONTAINER_CLOSING = "container_closing", _("Closing of the container")
    THIRD_PARTY = "third_party", _("Third-party document (SGS, Intertek, Bureau Veritas and others)")
    TRANSPORT = "transport", _("Transport document, packing list or insurance")
    CONTRACT = "contract", _("Contract")
    SAMPLE = "sample", _("Sample")
    MESSAGES = "messages", _("Messages")
    PAYMENT_SLIP = "payment_slip", _("Payment slip")
    OTHER = "other", _("Other")


class DocumentState(models.TextChoices):
    UPLOADING = "UPLOADING", _("Being uploaded")
    RECEIVED = "RECEIVED", _("Being checked")
    SEALED = "SEALED", _("Sealed")
    REJECTED = "REJECTED", _("Rejected")


class Reason(models.TextChoices):
    """Why a document was rejected, in words that say what to do next."""

    EMPTY = "empty", _("The file is empty. Choose the file again.")
    CUT_OFF = (
        "cut_off",
        _("The file is cut off: a part of it is missing. Open it on your device to check it, then upload it again."),
    )
    TOO_LARGE = "too_large", _("The file is larger than 50 MB. Make it smaller, or split it.")
    WRONG_TYPE = (
        "wrong_type",
        _("The content is not what the file's name says, or not of a kind we take: JPEG, PNG, WebP or PDF."),
    )
    HASH_DIFFERS = (
        "hash_differs",
        _("What arrived is not what your device sent: the checksums differ. Upload the file again."),
    )
    ABANDONED = "abandoned", _("The upload was not finished within 24 hours. Upload the file again.")
    WITHDRAWN = "withdrawn", _("The upload was cancelled.")


S = DocumentState
MAX_OF_A_COMPANY = 150
"""Of one company in one folder, rejected ones too: neither side fills it for the other, no list is unbounded."""
MAX_DOCUMENTS = 2 * MAX_OF_A_COMPANY
"""Of both sides: as many as a list shows."""
MAX_GIVEN_UP = 50
"""Uploads that one company may begin in a folder and give up in a day; they don't count among its documents."""
GIVEN_UP = (Reason.ABANDONED, Reason.WITHDRAWN)
"""Reasons for which nothing ever arrived."""


class Folder(models.Model):
    """Where the documents of one matter lie. Who may look into it is decided by those who made it."""

    reference = models.CharField(max_length=30, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference


@guard_states("state")
class Document(models.Model):
    """One file: named, hashed and typed by its sender first, then checked against that and sealed, never changed.

    `size_bytes`, `sha256` (hex) and `content_type` are the sender's claims until the state is SEALED, and facts then.
    Times of business, but `check_due_at`, which paces the checks and is wall time.
    """

    reference = models.CharField(max_length=30, unique=True)
    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    file_name = models.CharField(max_length=200)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=40)
    state = StateField(max_length=10, choices=DocumentState, default=DocumentState.UPLOADING)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    uploaded_by_company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", null=True)
    uploaded_by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    object_key = models.CharField(max_length=100, unique=True)
    version_id = models.CharField(max_length=200, blank=True)
    upload_id = models.CharField(max_length=500, blank=True)
    parts_open = models.BooleanField(default=False)
    check_attempts = models.PositiveIntegerField(default=0)
    check_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size_bytes__gte=0), name="document_size_not_negative"),
            models.CheckConstraint(condition=Q(state=S.REJECTED) ^ Q(reason=""), name="rejected_document_has_reason"),
            models.CheckConstraint(
                condition=~Q(state=S.SEALED) | (~Q(version_id="") & Q(sealed_at__isnull=False)),
                name="sealed_document_has_version",
            ),
            models.UniqueConstraint(
                fields=["folder", "uploaded_by_company", "kind", "sha256", "file_name"],
                condition=~Q(state=S.REJECTED),
                name="one_live_document_per_content",
            ),
        ]
        indexes = [
            models.Index(fields=["folder", "id"], name="document_folder"),
            models.Index(fields=["check_due_at", "id"], condition=Q(state=S.RECEIVED), name="document_to_check"),
            models.Index(fields=["id"], condition=Q(state=S.REJECTED, parts_open=True), name="document_leftover"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.file_name}"

    @property
    def is_sealed(self) -> bool:
        return self.state == DocumentState.SEALED

    @transition(state, source=S.UPLOADING, target=S.RECEIVED)
    def receive(self, *, at: datetime, version_id: str) -> None:
        self.received_at = at
        self.version_id = version_id
        self.parts_open = False

    @transition(state, source=S.RECEIVED, target=S.SEALED)
    def seal(self, *, at: datetime) -> None:
        self.sealed_at = at

    @transition(state, source=[S.UPLOADING, S.RECEIVED], target=S.REJECTED)
    def reject(self, *, at: datetime, reason: Reason) -> None:
        self.rejected_at = at
        self.reason = reason


@append_only
class DocumentView(models.Model):
    """Who was given a document, when, from where. Never changed."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", null=True)
    door = models.CharField(max_length=10)
    address = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["document", "id"], name="document_view_document")]

    def __str__(self) -> str:
        return f"{self.document_id} at {self.at:%Y-%m-%d %H:%M:%S}"
