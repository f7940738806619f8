# One image for the API, the worker and the flows: the command says which.
#   docker build --tag hydrotheque .
ARG BASE=python:3.11-slim-bookworm

# checkov:skip=CKV_DOCKER_7:BASE has a version
FROM ${BASE} AS build
# As pinned, with hashes, the lock alone, from wheels only: nothing is compiled, so no stage has a compiler.
RUN python3 -m venv /opt/venv
COPY requirements-runtime.lock /tmp/
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
        --requirement /tmp/requirements-runtime.lock \
    && /opt/venv/bin/pip uninstall --yes pip setuptools \
    && printf '#!/opt/venv/bin/python3\nfrom flows.cli import main\n\nmain()\n' > /opt/venv/bin/hydrotheque \
    && chmod 755 /opt/venv/bin/hydrotheque

FROM ${BASE}
RUN groupadd --gid 10001 hydrotheque \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/hydrotheque --create-home --shell /usr/sbin/nologin hydrotheque \
    # Where compose.yaml mounts volumes of secrets: a new volume takes the owner of what it covers.
    && install --directory --owner 10001 --group 10001 --mode 700 \
        /run/hydrotheque /run/hydrotheque/setup /run/hydrotheque/owner /run/hydrotheque/api
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY dbt_project.yml profiles.yml.example prefect.yaml ./
COPY profiles.yml.example profiles.yml
COPY dbt_project dbt_project
COPY ingestion ingestion
COPY flows flows
COPY api api
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    HYDROTHEQUE_HOME=/var/lib/hydrotheque
RUN python3 -m compileall -q /app
USER 10001:10001
VOLUME /var/lib/hydrotheque
EXPOSE 8000
# Of the API; what runs to an end has none (compose.yaml switches it off).
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["python3", "-m", "flows.image.entrypoint"]
CMD ["uvicorn", "api.main:app", "--host", "0.0.0.0", "--port", "8000", "--no-server-header", "--no-proxy-headers", "--timeout-graceful-shutdown", "25"]
