"""Signs somebody in at an IdP: from the link or the button to stored tokens."""
