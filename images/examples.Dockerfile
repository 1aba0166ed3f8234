# What the example manifests and the tests train in: Python, wandb, tensorboardX, numpy and `import chiplog`.
#
# Its build context is staged by `make images` in .chiplog/build/examples: `site-packages/` (the locked dependencies),
# `app/` (our SDK) and `examples/` (the scripts). The same context makes an image to share:
#   docker build -f images/examples.Dockerfile -t ghcr.io/YOU/chiplog-examples:VERSION .chiplog/build/examples
# The base may be any image with a `python3` of this minor version, for the dependencies hold native code.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}

# The id that the restricted examples run under; the image itself runs as root, as most training images do.
RUN echo 'trainer:x:1000:1000:trainer:/tmp:/usr/sbin/nologin' >> /etc/passwd && echo 'trainer:x:1000:' >> /etc/group
ENV PYTHONPATH=/opt/chiplog/app:/opt/chiplog/site-packages PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

COPY site-packages /opt/chiplog/site-packages
COPY app /opt/chiplog/app
COPY examples /examples

CMD ["python3"]
