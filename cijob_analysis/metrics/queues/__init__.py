"""What the caps of queues cost."""
