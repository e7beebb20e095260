# The orchestrator. From the project's folder: docker build -f deploy/functions.Dockerfile -t functions .
# The version is rust-toolchain.toml's (a test compares); bookworm, since the last stage has Debian 12's libc.
FROM rust:1.95.0-bookworm AS builder
# The file names rustfmt and clippy as well, which nobody needs here.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked -p functions --bin functions \
    && install -D target/dist/functions /out/functions \
    && strip /out/functions

# libc, libgcc, certificates, and a user without rights: no shell, no package manager. About 25 MB.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=builder /out/functions /functions
ENV QUARTERDAY_CLOUD=gcp QUARTERDAY_LOG=json
USER nonroot
ENTRYPOINT ["/functions"]
CMD ["serve", "--bind", "0.0.0.0"]
