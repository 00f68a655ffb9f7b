"""Site lists: read, checked, imported with their ranks."""
