"""News → words → a channel's markup. Pure: the time and the reader are arguments."""
