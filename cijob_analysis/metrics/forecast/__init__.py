"""When it will be finished."""
