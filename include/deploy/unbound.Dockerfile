# unbound from Debian, as an unprivileged user, with the root's keys as Debian keeps them.
FROM debian:12.12-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends dns-root-data unbound \
    && rm -rf /var/lib/apt/lists/*
COPY include/deploy/unbound.conf /etc/dnstats/unbound.conf
USER unbound
ENTRYPOINT ["unbound", "-d", "-p", "-c", "/etc/dnstats/unbound.conf"]
