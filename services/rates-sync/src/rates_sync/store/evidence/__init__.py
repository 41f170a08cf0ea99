"""What anybody can check: receipts of observations, and the public keys that verify them."""
