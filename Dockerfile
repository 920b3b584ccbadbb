# syntax=docker/dockerfile:1

# The server as `deno task start` runs it, with its packages fetched and nothing else beside Deno: no
# shell, no package manager. Nothing in it has to be written to but /data, and /tmp for the embedded
# database's socket.

ARG DENO_VERSION=2.9.6

FROM denoland/deno:bin-${DENO_VERSION} AS deno

# The packages are JavaScript and WebAssembly: fetched once, for every architecture.
FROM --platform=$BUILDPLATFORM denoland/deno:debian-${DENO_VERSION} AS packages
ENV DENO_DIR=/deno-dir
WORKDIR /app
COPY . .
# Nothing is left to be fetched or compiled later.
RUN deno cache main.ts src/formats/parser_worker.ts src/db/initdb_worker.ts && mkdir /data

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=deno /deno /usr/bin/deno
COPY --from=packages /deno-dir /deno-dir
COPY --from=packages /app /app
COPY --from=packages --chown=65532:65532 /data /data
WORKDIR /app
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 DENO_USE_CGROUPS=1 HOST=0.0.0.0 DATA_DIR=/data
ENV MALLOC_MMAP_THRESHOLD_=4194304
USER 65532:65532
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --start-interval=2s \
  CMD ["deno", "run", "--no-prompt", "--no-code-cache", "--cached-only", "--allow-net", "--allow-env", "--allow-read", "--allow-write", "main.ts", "health"]
ENTRYPOINT ["deno", "run", "--no-prompt", "--no-code-cache", "--cached-only", "--v8-flags=--max-semi-space-size=4", "--allow-net", "--allow-env", "--allow-read", "--allow-write", "main.ts"]
