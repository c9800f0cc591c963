"""A bot that texts the way you do, made from your own message history."""

__version__ = "0.1.0"
