"""The rehearsal: docker-compose.yaml carried out on one Linux machine without a container engine.

    make rehearse        as root, or as anybody where the kernel lets users make namespaces

Every service's own command, environment, user, volumes and health check, as the file says them, run
natively: in a network and mount namespace of their own, each under its own host name and loopback
address. Images are stood in for by what this machine has (`images`). The world is the practice
internet, with unbound recursing from its root. A scan, and a second one in whose middle a worker is
killed; what was seen is written to include/docs/rehearsal.md.

compose_file   docker-compose.yaml as a container engine reads it
images         what each image stands for on this machine
container      one service: started, asked for its health, killed
world          namespaces, host names, the practice internet and its root key
drive          the runs: triggered, watched, compared
record         the page
"""
