"""`python3 -m chiplog_cli`, for images without the script; it does nothing of its own."""

from chiplog_cli.main import main

main()
