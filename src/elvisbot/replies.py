"""From a conversation to the bot's reply, bubble by bubble.

The one place that the web app, the terminal and the evaluation call.
"""
