# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.lock .
RUN /app/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
# The driver of PostgreSQL, which only the lock file of the tests has.
COPY requirements-test.lock .
RUN awk '/^psycopg/ {p = 1} p {print} p && !/\\$/ {p = 0}' requirements-test.lock > postgresql.lock \
    && /app/.venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r postgresql.lock
COPY pyproject.toml LICENSE README.md ./
COPY features features
COPY policy policy
COPY training training
COPY serving serving
COPY data data
COPY parcel_risk parcel_risk
RUN /app/.venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
# LightGBM needs the OpenMP runtime.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home parcel && mkdir -p /data /data/models && chown -R parcel /data
COPY --from=build /app/.venv /app/.venv
# Until a bundle is approved the reference model answers, and says so.
COPY --chown=parcel models/reference /data/models/reference
ENV PATH=/app/.venv/bin:$PATH \
    PARCEL_RISK_HOME=/data \
    PARCEL_RISK_MODELS_DIR=/data/models \
    PARCEL_RISK_HOST=0.0.0.0 \
    NUMBA_CACHE_DIR=/app/numba-cache \
    PARCEL_RISK_KERNEL_DIR=/app/kernel \
    PYTHONUNBUFFERED=1
EXPOSE 8000
VOLUME /data
# The compiled kernels: root owns them, nobody else can change them. Numba takes only a folder in which it can write a
# file, so anybody may add one, as in /tmp.
RUN python -m features.ahead && chmod -R a+rX /app/kernel /app/numba-cache \
    && find /app/numba-cache -type d -exec chmod 1777 {} +
USER parcel
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["sh", "-c", "parcel-risk init && exec parcel-risk serve"]
