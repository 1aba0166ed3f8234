"""The dashboard's server: gives what the bucket holds to a page; it holds no state that the bucket does not."""
