"""The S3 port: the only place that speaks to the object store.

Every call but presigning is network: none in a transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import IO, Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import Refused

PART_BYTES = 5 * 1024 * 1024
"""S3's smallest part but the last: a lost connection costs little."""
PART_URL_SECONDS = 3600
DOWNLOAD_URL_SECONDS = 120
RETAINED = timedelta(days=3653)
"""A sealed object can't be deleted for ten years after it was received, by anybody."""
CHUNK_BYTES = 1024 * 1024
GONE = {"NoSuchUpload", "NoSuchKey", "NoSuchVersion", "404", "NotFound"}


class StorageUnreachable(Refused):
    code = "storage_unreachable"
    status = 503
    message = _("The document store does not answer. Nothing is lost; try again in a minute.")


@dataclass(frozen=True)
class Part:
    number: int
    size_bytes: int
    etag: str


@lru_cache(maxsize=4)
def _client(endpoint: str, access_key: str, secret_key: str, region: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=3,
            read_timeout=20,
            retries={"max_attempts": 3, "mode": "standard"},
        ),
    )


def client(endpoint: str = "") -> Any:
    """The platform's own client; thread-safe, made once per address."""
    return _client(
        endpoint or settings.S3_ENDPOINT_URL, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY, settings.S3_REGION
    )


@contextmanager
def _asking() -> Iterator[None]:
    """Whatever is wrong between us and the store is one refusal; what the store says stays as it is."""
    try:
        yield
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500:
            raise StorageUnreachable from error
        raise
    except BotoCoreError as error:
        raise StorageUnreachable from error


def is_gone(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in GONE


def place(key: str, **more: Any) -> dict[str, Any]:
    return {"Bucket": settings.S3_BUCKET, "Key": key, **more}


# --- in parts ---------------------------------------------------------------------------------------------------------
def part_sizes(size_bytes: int) -> dict[int, int]:
    """Part number (from 1) -> bytes: all of PART_BYTES but the last."""
    whole, rest = divmod(size_bytes, PART_BYTES)
    return {number + 1: PART_BYTES for number in range(whole)} | ({whole + 1: rest} if rest else {})


def begin_parts(key: str, content_type: str) -> str:
    """The id of the upload in parts to this key: the one that is open, else a new one."""
    with _asking():
        found = client().list_multipart_uploads(Bucket=settings.S3_BUCKET, Prefix=key).get("Uploads", [])
        mine = [upload["UploadId"] for upload in found if upload["Key"] == key]
        if mine:
            return str(mine[0])
        made = client().create_multipart_upload(**place(key, ContentType=content_type))
        return str(made["UploadId"])


def part_url(key: str, upload_id: str, number: int, size_bytes: int) -> str:
    """Where a browser may PUT one part of exactly this size, for an hour. No network."""
    params = place(key, UploadId=upload_id, PartNumber=number, ContentLength=size_bytes)
    public = client(settings.S3_PUBLIC_URL)
    return str(public.generate_presigned_url("upload_part", Params=params, ExpiresIn=PART_URL_SECONDS))


def list_parts(key: str, upload_id: str) -> dict[int, Part] | None:
    """Number -> the part that has arrived, or None when that upload isn't open (finished, aborted, never begun)."""
    try:
        with _asking():
            rows = client().list_parts(**place(key, UploadId=upload_id)).get("Parts", [])
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    return {row["PartNumber"]: Part(row["PartNumber"], row["Size"], row["ETag"]) for row in rows}


def join_parts(key: str, upload_id: str, parts: dict[int, Part]) -> str:
    """Make the object of its parts and return the id of its version."""
    listed = [{"PartNumber": part.number, "ETag": part.etag} for _number, part in sorted(parts.items())]
    with _asking():
        made = client().complete_multipart_upload(**place(key, UploadId=upload_id, MultipartUpload={"Parts": listed}))
    return str(made["VersionId"])


def drop_parts(key: str) -> None:
    """Abort every open upload to this key and free what arrived of it. Safe to repeat."""
    with _asking():
        found = client().list_multipart_uploads(Bucket=settings.S3_BUCKET, Prefix=key).get("Uploads", [])
    for upload in found:
        if upload["Key"] != key:
            continue
        try:
            with _asking():
                client().abort_multipart_upload(**place(key, UploadId=upload["UploadId"]))
        except ClientError as error:
            if not is_gone(error):
                raise


# --- whole ------------------------------------------------------------------------------------------------------------
def put_object(key: str, content: IO[bytes], content_type: str) -> str:
    """Store a small file through the site; returns the id of its version."""
    with _asking():
        return str(client().put_object(**place(key, Body=content, ContentType=content_type))["VersionId"])


def find_version(key: str) -> str:
    """The id of the object's present version; empty if there is none."""
    try:
        with _asking():
            return str(client().head_object(**place(key))["VersionId"])
    except ClientError as error:
        if is_gone(error):
            return ""
        raise


def read_object(key: str, version_id: str) -> Iterator[bytes]:
    """The bytes of one version in chunks of a megabyte."""
    with _asking():
        body = client().get_object(**place(key, VersionId=version_id))["Body"]
        yield from body.iter_chunks(CHUNK_BYTES)


def retain_object(key: str, version_id: str, *, until: datetime) -> None:
    """Nobody deletes this version before `until`.

    Said for each object: a bucket's default doesn't reach objects that are made of parts.
    """
    retention = {"Mode": "COMPLIANCE", "RetainUntilDate": until.replace(microsecond=0)}
    with _asking():
        client().put_object_retention(**place(key, VersionId=version_id, Retention=retention))


def download_url(key: str, version_id: str, *, file_name: str, content_type: str) -> str:
    """Two minutes of reading one version as an attachment, from the store's own origin. No network."""
    ascii_name = file_name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file_name, safe='')}"
    params = place(key, VersionId=version_id, ResponseContentDisposition=disposition, ResponseContentType=content_type)
    public = client(settings.S3_PUBLIC_URL)
    return str(public.generate_presigned_url("get_object", Params=params, ExpiresIn=DOWNLOAD_URL_SECONDS))
