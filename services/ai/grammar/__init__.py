"""The local grammar: pure functions from the text of a message to an interpretation.

In the order in which they run: `tokens` and `message` (what rules see), `people` (with
`word_names`) and `dates` (with `days`, `spans`, `monthdays`, `clock`, `counting` and `recurrence`);
then, for what is no new task, `talk`, `acts` (with `act_rows`, `cues`, `references` and
`task_index`) and `questions`; then, for what is one, `split` (clauses), `works` and `together`
(what clauses say of each other), `create` (with `heads`, `attributes`, `verbs` and `titles`).
`assemble` is the entry. Rules are rows of tables, each with an example that is run as its test.
"""
