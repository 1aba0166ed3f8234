"""Ids of runs, and names that people can say; pure but for the randomness of an id."""

import os
import zlib

_ADJECTIVES = (
    "amber", "ancient", "autumn", "bold", "brave", "breezy", "bright", "calm", "clear", "coastal", "copper", "crimson",
    "crisp", "dawn", "deep", "drifting", "eager", "early", "easy", "fair", "fleet", "foggy", "fresh", "gentle",
    "gilded", "glad", "golden", "grand", "hardy", "hidden", "humble", "icy", "ivory", "jolly", "keen", "kind", "late",
    "light", "lively", "lucky", "lunar", "merry", "mild", "misty", "noble", "northern", "pale", "patient", "polar",
    "proud", "quick", "quiet", "rapid", "rolling", "rosy", "royal", "salty", "silent", "silver", "sleek", "smooth",
    "snowy", "solar", "southern", "stormy", "sturdy", "sunny", "swift", "tidal", "true", "vivid", "warm", "western",
    "wild", "windy", "wise",
)  # fmt: skip

_NOUNS = (
    "albatross", "anchor", "atoll", "bay", "beacon", "bow", "breeze", "brig", "buoy", "canvas", "cape", "captain",
    "channel", "clipper", "coast", "compass", "coral", "cove", "current", "cutter", "deck", "delta", "dolphin",
    "dory", "ebb", "fathom", "fjord", "frigate", "galley", "gull", "gust", "harbor", "haven", "heron", "horizon",
    "hull", "island", "jetty", "kayak", "keel", "kelp", "knot", "lagoon", "lantern", "ledger", "lighthouse", "line",
    "mast", "mariner", "moon", "narwhal", "oar", "ocean", "orca", "osprey", "otter", "pearl", "pelican", "pier",
    "pilot", "port", "reef", "rigging", "river", "rudder", "sail", "schooner", "sea", "seal", "sextant", "shoal",
    "shore", "sloop", "sound", "spar", "spray", "star", "strait", "surf", "swell", "tern", "tide", "voyage", "wake",
    "wave", "whale", "wharf", "wind",
)  # fmt: skip

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_id(length: int = 8) -> str:
    """A random id of a run, as wandb makes them: letters and digits."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(length))


def readable(seed: str) -> str:
    """A name such as `swift-harbor-73` that is the same wherever it is made of the same id."""
    digest = zlib.crc32(seed.encode(errors="replace"))
    digest, adjective = divmod(digest, len(_ADJECTIVES))
    digest, noun = divmod(digest, len(_NOUNS))
    return f"{_ADJECTIVES[adjective]}-{_NOUNS[noun]}-{digest % 999 + 1}"
