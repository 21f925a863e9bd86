"""What changed between two periods, batches or snapshots."""
