"""The local grammar: pure functions from the text of a message to an interpretation.

In the order in which they run: `tokens` and `message` (what rules see), `people` and `dates` (with
`days` and `recurrence`), then `talk`, `acts` (with `references`) and `questions` for what is no new
task, then `split` (clauses), `attributes`, `create` and `titles` for what is; `assemble` is the
entry. Rules are rows of tables, each with an example that is run as its test.
"""
