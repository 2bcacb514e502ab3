"""What lies in folders and archives, and what their names mean. Standard library only."""
