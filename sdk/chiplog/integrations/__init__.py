"""Loggers and callbacks for training libraries, a small module each, which imports its library and no other."""
