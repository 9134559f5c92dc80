"""What is shown: the board, its pages and changes, and why a connection is in trouble. Pure."""
