//! What was said: events, masking, normaliser, snapshots, diff.
