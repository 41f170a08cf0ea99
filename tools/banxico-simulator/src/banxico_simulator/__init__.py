"""Speaks the contract of Banco de México's SIE API over the real FIX."""
