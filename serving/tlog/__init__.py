"""Transparency log: the Merkle tree over the audit, its signed checkpoints, and proofs that anybody can check offline.

Pure: nothing here knows the store. Hashing is that of RFC 6962, the texts are those of C2SP (signed-note,
tlog-checkpoint, tlog-cosignature, tlog-proof, and the request of tlog-witness).
"""
