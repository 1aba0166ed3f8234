# The recorder that runs beside a training container.
#
# Its build context is staged by `make images` in .chiplog/build/sidecar: `site-packages/` (the locked dependencies) and
# `app/` (our own code). The same context makes the image of a release:
#   docker build -f images/sidecar.Dockerfile -t ghcr.io/YOU/chiplog-sidecar:VERSION .chiplog/build/sidecar
# The base may be any image with a `python3` of this minor version, for the dependencies hold native code.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}

RUN echo 'chiplog:x:65532:65532:chiplog:/tmp:/usr/sbin/nologin' >> /etc/passwd && echo 'chiplog:x:65532:' >> /etc/group
ENV PYTHONPATH=/opt/chiplog/app:/opt/chiplog/site-packages PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# One heap for all threads: uploads come from a second one, and a heap of its own for it would stay with the process.
# A large block goes back to the kernel at once, where glibc would learn to keep it: the peak is 10 MiB lower.
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1048576

COPY site-packages /opt/chiplog/site-packages
COPY app /opt/chiplog/app

USER 65532:65532
ENTRYPOINT ["python3", "-m", "chiplog_sidecar.start"]
