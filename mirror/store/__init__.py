"""What is known: entries and their versions, tied to the captures they came from."""
