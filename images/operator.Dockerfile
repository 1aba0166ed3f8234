# The reconciler, the injector, and the `chiplog` command for jobs inside the cluster.
#
# Its build context is staged by `make images` in .chiplog/build/operator: `site-packages/` (the locked dependencies) and
# `app/` (our own code). The same context makes the image of a release:
#   docker build -f images/operator.Dockerfile -t ghcr.io/YOU/chiplog-operator:VERSION .chiplog/build/operator
# The base may be any image with a `python3` of this minor version, for the dependencies hold native code.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}

# kopf asks for the user's name and would end under an id that /etc/passwd does not know.
RUN echo 'chiplog:x:65532:65532:chiplog:/tmp:/usr/sbin/nologin' >> /etc/passwd && echo 'chiplog:x:65532:' >> /etc/group
ENV PYTHONPATH=/opt/chiplog/app:/opt/chiplog/site-packages PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A sampler's matrices are small: threads of OpenBLAS would spin for each other and quintuple a suggestion's CPU.
ENV OPENBLAS_NUM_THREADS=1
# Sixteen threads with a heap each keep what a listing of ten thousand pods took from every one of them.
ENV MALLOC_ARENA_MAX=2

COPY site-packages /opt/chiplog/site-packages
COPY app /opt/chiplog/app

USER 65532:65532
ENTRYPOINT ["python3", "-m", "chiplog_operator.main"]
