"""What is heard from others: the ledger's rows and ticks, the refresher's replies."""
