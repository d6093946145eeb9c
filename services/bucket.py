"""`python -m services.bucket`: set up the bucket of evidence in the S3 server that the environment names."""

import contextlib
import os
import sys
from typing import Any

import boto3
from botocore.config import Config

CORS = {
    "CORSRules": [
        {
            "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
            "AllowedOrigins": ["*"],  # Only who holds a presigned address of ours can do anything.
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag", "x-amz-version-id"],
            "MaxAgeSeconds": 3000,
        }
    ]
}


def s3_client(url: str, access_key: str, secret_key: str, region: str = "us-east-1") -> Any:
    """A client that any S3 server understands: signature 4, path addresses, checksums only where they are required."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=Config(
            signature_version="s3v4",
            connect_timeout=2,
            read_timeout=10,
            retries={"max_attempts": 1},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def set_up_bucket(client: Any, bucket: str) -> None:
    """Make the bucket lockable and versioned, and let browsers send parts of files to it. Safe to repeat."""
    if bucket not in {known["Name"] for known in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration=CORS)


def main() -> int:
    given = os.environ
    client = s3_client(
        given["S3_ENDPOINT_URL"], given["S3_ACCESS_KEY"], given["S3_SECRET_KEY"], given.get("S3_REGION", "us-east-1")
    )
    with contextlib.closing(client):
        set_up_bucket(client, given.get("S3_BUCKET", "evidence"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
