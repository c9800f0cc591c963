"""How like the person a bot texts: the scorecard, its report, and the choice of the decoding.

answers       the bot's replies to held-out contexts
likeness      style, detection, identity, originality, variety: from texts alone
comparison    likeness of the bot and of others, for one person
listening     likelihoods of true replies and of others
base          the untuned base, as a reference
scorecard     what the figures mean
report        the page that shows them
score         all of it, for one bot
calibration   temperature, cuts and biases, so that replies are as long and varied as theirs
"""

# Before torch, which asks when it is loaded: how threads wait and memory is kept on this machine.
import elvisbot.training  # noqa: F401
