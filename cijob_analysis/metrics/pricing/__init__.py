"""What tasks cost, by prices and by what their answers say."""
