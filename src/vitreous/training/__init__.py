"""Training from scratch with torch: the visible loop and what surrounds it. The package itself is imported without torch."""
