"""Understanding: what a message wants. It stores nothing and changes nothing."""
