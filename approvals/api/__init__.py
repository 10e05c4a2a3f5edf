"""The native API of promotions."""
