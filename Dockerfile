# One image for web, worker, beat and migrate; docker-compose.yml says which command runs where.
FROM python:3.13-slim AS packages
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /venv \
    && python -m pip install --no-cache-dir uv \
    && VIRTUAL_ENV=/venv uv pip install --no-cache --require-hashes -r /tmp/runtime.txt

FROM node:22-slim AS libraries
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home stagekeeper
COPY --from=packages /venv /venv
COPY . /app
COPY --from=libraries /app/node_modules /app/node_modules
WORKDIR /app
RUN SECRET_KEY=only-for-this-step DATA_DIR=/tmp /venv/bin/python manage.py compress_npm
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
USER stagekeeper
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "manage.py"]
CMD ["serve"]
