"""Telegram's side of the gateway: updates in (webhook or long poll), answers out.

It reads and writes Telegram's JSON and knows nothing of tasks; what a message means is `dialog`'s.
"""
