"""The words that door and client speak over HTTPS (docs/door.md): paths, headers, codes; nothing here does I/O."""

OBJECT = "/v1/object"
"""GET and PUT of one object; its key is the parameter `key`, for what lies on the way may tidy up a path. A GET with
`stream=1` brings one of any size, and nothing of it but its bytes; of these, with `start` and `end`, the ones from
the first on and before the other."""

OBJECTS = "/v1/objects"
"""GET of a list, as JSON lines, the last of which says that it is the last; the parameter `prefix`."""

WHOAMI = "/v1/whoami"

MODIFIED = "X-Chiplog-Modified"
"""Unix seconds, with fractions, by the store's clock: of the object's last write."""

TIME = "X-Chiplog-Time"
"""The store's clock at the read."""

START = "X-Chiplog-Start"
"""Of a stream that is a range: where it begins. Doors of earlier versions do not say it, and give all."""

SHA256 = "X-Chiplog-Sha256"
"""Of a body that is a file: its SHA-256 in hex. The key then names its content."""

NOT_FOUND = "not_found"
BUCKET_MISSING = "bucket_missing"
CHANGED = "changed"
PRECONDITION = "precondition_failed"
TOO_LARGE = "too_large"
"""The field `error` of a refusal, where its status code alone does not say it."""

LAST = "last"
"""The field of a list's last line: how many objects it has."""
