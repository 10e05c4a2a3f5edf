"""Who acts when promotions go on by themselves."""

from accounts.principals import System
from accounts.roles import Action

#: Evaluates gates, voids votes when the subject changed, and ends requests whose time is over.
PROMOTIONS = System("promotions", "task", frozenset({Action.REQUEST}))
#: Publishes the policies that come with the server.
PUBLISHER = System("publisher", "command", frozenset({Action.GOVERN}))
