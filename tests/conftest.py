"""What every test has in common; fixtures stand beside the tests that want them."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["listening"]

# How fast values are drawn, and how long one example takes, is a word on the machine and what else it does.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")
