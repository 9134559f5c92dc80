"""What changes something: commands about a connection, sign-ins, links for owners."""
