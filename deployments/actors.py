"""Who acts when deployments go on by themselves."""

from accounts.principals import System
from accounts.roles import Action

#: Ends what nobody began while its permit held, and raises the alarm about quarantined versions that run.
WATCH = System("deployments", "task", frozenset({Action.DEPLOY}))
#: Makes the first key by which permits are signed.
LOCKSMITH = System("locksmith", "command", frozenset({Action.ADMINISTER}))
