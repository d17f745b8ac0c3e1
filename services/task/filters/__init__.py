"""What a list is narrowed to: the filter, its grammar of words, and the conditions it becomes."""
