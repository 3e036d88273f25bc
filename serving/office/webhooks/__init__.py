"""Webhooks: operators who want to be called when an answer is there.

`addresses` says which addresses may be called, `signing` how a message is signed and checked, `news` what is sent,
`calling` sends one message, `keeping` registers webhooks, `sending` works through what is due.
"""
