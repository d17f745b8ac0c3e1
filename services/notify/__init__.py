"""Who hears what, where and when: events become deliveries, and deliveries become messages.

Owns the schema `notify`. Never changes a task, and never answers the person who just spoke: that is
the gateway's.
"""
