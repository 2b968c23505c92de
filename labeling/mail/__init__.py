"""Optional e-mail: off unless a server is named (EMAIL_HOST), and only to people who asked for it by a confirmed address.

A mail says how many and never what: nothing in it depends on how anybody answered, and no generator is named.
"""
