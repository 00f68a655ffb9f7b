# unbound from Debian, as an unprivileged user, with the root's keys as Debian keeps them.
FROM debian:12.12-slim
RUN groupadd --system --gid 5335 unbound \
    && useradd --system --uid 5335 --gid unbound --no-create-home --home-dir /var/lib/unbound --shell /usr/sbin/nologin unbound \
    && apt-get update \
    && apt-get install --yes --no-install-recommends dns-root-data unbound \
    && rm -rf /var/lib/apt/lists/*
COPY include/deploy/unbound.conf /etc/dnstats/unbound.conf
USER 5335:5335
ENTRYPOINT ["unbound", "-d", "-p", "-c", "/etc/dnstats/unbound.conf"]
