"""Full text: tasks by what is said in them and of them, ranked, within what the viewer sees."""
