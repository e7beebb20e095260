# The programs of the machines and of Dataproc, which run on Debian 12: built there, and taken out again.
# docker build -f deploy/programs.Dockerfile --output type=local,dest=FOLDER .
FROM rust:1.95.0-bookworm AS builder
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked -p collector -p ml-vm -p dataproc-job --bins \
    && install -D -t /out target/dist/collector target/dist/ml-vm target/dist/dataproc-job \
    && strip /out/*

FROM scratch
COPY --from=builder /out/ /
