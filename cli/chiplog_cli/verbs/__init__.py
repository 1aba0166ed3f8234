"""One module per verb: what it takes and the order of its steps; reading and rendering are done elsewhere."""
