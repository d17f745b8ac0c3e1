"""The conversation: what a message of a person leads to, and how the answer reads.

`respond` and what it is made of are pure; `converse` fetches what they need and carries out what
they decide, through the stubs.
"""
