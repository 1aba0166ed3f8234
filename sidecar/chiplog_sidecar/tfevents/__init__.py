"""TensorBoard's event files as a kind of followed file; it ships nothing."""
