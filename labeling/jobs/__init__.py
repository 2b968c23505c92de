"""Background jobs: the row is the truth, the broker only a doorbell, and ringing twice is harmless.

A worker claims a queued row by setting a fresh fence on it; from then on each of its writes names that fence, so a worker that
was taken for dead can no longer change anything. The reaper puts rows whose heartbeat stopped back in the queue.
"""
