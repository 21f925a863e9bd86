"""What failed and why: failures that are alike, and what they have in common."""
