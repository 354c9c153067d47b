"""Check, tie to the capture, save."""
