"""The door: objects of machines outside of the cluster, by API keys, into the bucket."""
