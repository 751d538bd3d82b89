# Images of the programs: built statically on Debian 12, run on Debian 12 by a user without rights.
#
#   docker build --target stream-job --tag firstclick/stream-job:0.1.0 .

# Debian's variant: libraries must be those of the images below.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    librdkafka-dev libpq-dev libcurl4-openssl-dev libssl-dev zlib1g-dev libzstd-dev pkg-config \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /firstclick
# Dependencies first: they change less often than the sources.
COPY Package.* ./
RUN swift package resolve
COPY Sources Sources
COPY generator generator
COPY sql sql
# The manifest names the test targets; they are not built.
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product generator \
  && swift build -c release --static-swift-stdlib --product stream-job \
  && install -D --strip --target-directory /programs \
    "$(swift build -c release --show-bin-path)/generator" \
    "$(swift build -c release --show-bin-path)/stream-job"

FROM debian:12-slim AS run
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    librdkafka1 libpq5 libcurl4 libssl3 zlib1g libzstd1 libstdc++6 ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent firstclick
WORKDIR /work
USER 10001:10001

FROM run AS generator
COPY --from=build /programs/generator /usr/local/bin/generator
ENTRYPOINT ["generator"]

FROM run AS stream-job
COPY --from=build /programs/stream-job /usr/local/bin/stream-job
ENTRYPOINT ["stream-job"]
