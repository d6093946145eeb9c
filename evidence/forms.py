from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from evidence.file_types import ACCEPT
from evidence.models import Kind

MOST_FILES = 10


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files of one input; empty ones are judged by the action."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        cleaned = [super(FilesField, self).clean(each, initial) for each in files or [None]]
        if len(cleaned) > MOST_FILES:
            raise forms.ValidationError(_("Send at most ten files at a time."))
        return cleaned


class UploadForm(forms.Form):
    """The plain upload, where no script runs: through the site, up to 10 MB a file."""

    folder = forms.CharField(widget=forms.HiddenInput)
    next = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)
    kind = forms.ChoiceField(label=_("What it shows"), choices=Kind.choices)
    file = FilesField(
        label=_("Files"),
        widget=FilesInput(attrs={"accept": ACCEPT}),
        allow_empty_file=True,
        max_length=500,
        help_text=_("Photos (JPEG, PNG, WebP) or PDF, up to 10 MB each."),
    )
