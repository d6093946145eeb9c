# One image for web, worker, beat, migrations and the sandbox gateway: only the command differs.
FROM python:3.13-slim AS libraries
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/run.lock /tmp/run.lock
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes -r /tmp/run.lock

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=assurance.settings
RUN useradd --system --uid 10001 --create-home --home-dir /home/assurance assurance
COPY --from=libraries /opt/venv /opt/venv
WORKDIR /srv/assurance
COPY . .
# Static files are collected once; no service is touched, so the addresses only have to be well formed.
RUN DATABASE_URL=postgres://none:none@127.0.0.1:1/none MIGRATION_DATABASE_URL=postgres://none:none@127.0.0.1:1/none \
    REDIS_URL=redis://127.0.0.1:1/0 S3_ENDPOINT_URL=http://127.0.0.1:1 \
    python manage.py collectstatic --no-input --verbosity 0 \
    && mkdir -p var && chown assurance: var
USER assurance
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "assurance.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--threads", "8", \
     "--workers", "2", "--access-logfile", "-", "--logger-class", "core.log_paths.AccessLogger", \
     "--no-control-socket"]
