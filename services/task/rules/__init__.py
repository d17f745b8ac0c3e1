"""Pure decisions: who may do what, which state follows which, what a command changes."""
