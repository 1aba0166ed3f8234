"""How values become text: for programs (`formats`), for people (`pages`), and their smallest parts (`text`)."""
