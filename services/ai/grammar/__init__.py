"""The local grammar: pure functions from the text of a message to an interpretation.

In the order in which they run: `words` (what is read over), `split` (clauses), `people`, `dates`
and `recurrence`, `attributes` (priority, tags, estimate), `references` (existing tasks), `intent`,
`create` (titles), and `assemble`, the entry. Rules are tables of patterns where they can be; every
row has an example, which is run as its test.
"""
