"""The blind test: can somebody who knows the person tell their replies from the bot's?

It asks about held-out exchanges, which the bot has never seen. Both replies are shown without a
mark, and which is which is told only when all have been judged.
"""

from elvisbot.quiz.app import create_app
from elvisbot.quiz.exchanges import Exchange
from elvisbot.quiz.quiz import Quiz
from elvisbot.quiz.results import Result

__all__ = ["Exchange", "Quiz", "Result", "create_app"]
