"""SeaweedFS from its wheel: an S3 server with one bucket, versioned and lockable."""

import contextlib
import json
import signal
import sysconfig
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.bucket import s3_client, set_up_bucket
from services.service import Service
from services.state import write_private

BUCKET = "evidence"
MARKER = "marker"
PARTS = ("master", "volume", "filer", "s3")


class SeaweedFS(Service):
    """One server in one process.

    Its own shutdown waits 15 s for a stream between two of its parts that never ends. Ending it by force after the web
    has gone loses nothing: what it answered for is in the kernel's hands, and its files are logs.
    """

    name = "seaweedfs"
    replaced_by = "S3_ENDPOINT_URL"
    stop_signal = signal.SIGINT
    stop_seconds = 1.0

    @property
    def port(self) -> int:
        return self.port_named("port_s3")

    def prepare(self) -> None:
        (self.home / "data").mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            self.port_named(f"port_{part}")
            self.port_named(f"port_{part}_grpc")
        identity = {
            "name": "assurance",
            "credentials": [{"accessKey": self.secret("access"), "secretKey": self.secret("secret")}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        write_private(self.home / "s3.json", json.dumps({"identities": [identity]}))

    def command(self) -> list[str | Path]:
        ports = []
        for part in PARTS:
            ports += [
                f"-{part}.port={self.port_named(f'port_{part}')}",
                f"-{part}.port.grpc={self.port_named(f'port_{part}_grpc')}",
            ]
        return [
            Path(sysconfig.get_path("scripts")) / "weed",
            "server",
            f"-dir={(self.home / 'data').resolve()}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            f"-s3.config={(self.home / 's3.json').resolve()}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=1024",
            "-master.electionTimeout=1s",
            "-volume.max=0",
            "-volume.preStopSeconds=0",
            *ports,
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Any:
        """An S3 client as the platform's only identity."""
        return s3_client(self.url, self.secret("access"), self.secret("secret"))

    def healthy(self) -> bool:
        """Reads back the marker of an earlier start: the server answers some time before its volumes are there."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 (http, our own)
                if answer.status != 200:
                    return False
            with contextlib.closing(self.client()) as client:
                client.list_buckets()
                if self.memory.get("marked"):
                    client.get_object(Bucket=MARKER, Key=MARKER)["Body"].read()
        except (OSError, urllib.error.URLError, BotoCoreError, ClientError):
            return False
        return True

    def ready(self) -> None:
        with contextlib.closing(self.client()) as client:
            set_up_bucket(client, BUCKET)
            if not self.memory.get("marked"):
                client.create_bucket(Bucket=MARKER)
                client.put_object(Bucket=MARKER, Key=MARKER, Body=b"here")
                self.memory["marked"] = True

    def environment(self) -> dict[str, str]:
        return {
            "S3_ENDPOINT_URL": self.url,
            "S3_ACCESS_KEY": self.secret("access"),
            "S3_SECRET_KEY": self.secret("secret"),
            "S3_BUCKET": BUCKET,
        }
