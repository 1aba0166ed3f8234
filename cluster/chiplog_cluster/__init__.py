"""The embedded single-node Kubernetes with its S3, for the demo and the tests; nothing of the product may import it."""
