# The site, and the service `publish`. From the project's folder: docker build -f deploy/web.Dockerfile -t web .
FROM node:22-bookworm-slim AS node

FROM rust:1.95.0-bookworm AS builder
ENV RUSTUP_TOOLCHAIN=1.95.0
# web/build.rs makes scripts and styles with npm and esbuild, and embeds them: nothing of Node is needed at run time.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked -p web --bin web \
    && install -D target/dist/web /out/web \
    && strip /out/web

# Templates, texts, migrations, scripts and fonts are in the program.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=builder /out/web /web
ENV QUARTERDAY_CLOUD=gcp QUARTERDAY_LOG=json
USER nonroot
ENTRYPOINT ["/web"]
CMD ["serve", "--bind", "0.0.0.0"]
