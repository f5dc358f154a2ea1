# Three stages: the front end, the wheels, and an image with neither Node nor pip's cache in it.
FROM node:22.17.0-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM python:3.11.13-slim-bookworm AS build
WORKDIR /src
# `cluster` adds what deploy/scaled.yaml needs: Dask, and a small store of objects.
ARG REQUIREMENTS=runtime
COPY requirements/${REQUIREMENTS}.txt requirements/
RUN python -m venv /opt/chronotope \
    && /opt/chronotope/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
        -r requirements/${REQUIREMENTS}.txt
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY storage storage
COPY pipeline pipeline
COPY scenes scenes
COPY tiling tiling
COPY streaming streaming
COPY timeline timeline
COPY sample_museum sample_museum
COPY --from=web /src/web/dist web/dist
RUN /opt/chronotope/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.13-slim-bookworm
LABEL org.opencontainers.image.title="Chronotope" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --user-group --create-home --home-dir /museum museum
COPY --from=build /opt/chronotope /opt/chronotope
# Compiled code depends on the processor, so it is kept with the museum, not in the image: half a minute at the first start.
ENV PATH="/opt/chronotope/bin:$PATH" PYTHONUNBUFFERED=1 CHRONOTOPE_DATA=/museum \
    NUMBA_CACHE_DIR=/museum/.cache/numba
USER 10001:10001
VOLUME /museum
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
# Off loopback the service wants an administrator: docker run … chronotope token --role administrator
CMD ["chronotope", "serve", "--host", "0.0.0.0", "--port", "8000"]
