"""Made-up names for runs and logged models that come without one: ``sunny-otter-417``."""

import secrets

_ADJECTIVES = """
able agile amber ample brave bright brisk calm careful casual clean clever cosmic crisp curious daring deft
eager early earnest fancy fast fearless fine fluent fond frank fresh gentle glad golden grand happy hardy
hearty honest humble jolly keen kind lively logical lucky mellow merry mighty modest neat nimble noble open
patient placid plucky polite proud quick quiet rapid rare ready robust rustic serene sharp shy silent silver
simple sincere sleek smooth snappy solid spry steady stoic sunny swift tidy tranquil trusty upbeat valiant
vivid warm wise witty zesty
"""
_ANIMALS = """
alpaca ant auk badger bat bear beaver bee bison boar bream bug calf carp cat chimp cod colt conch cow crab
crane cub deer dog dolphin dove duck eagle eel elk ewe falcon fawn finch fish flea fly foal fowl fox frog gnat
goat goose grouse grub gull hare hawk hen heron hog horse hound ibex jay kit kite koi lamb lark lemur lion
loon lynx mare midge mink mole moose moth mouse mule newt otter owl ox panda perch pig plover pug puma quail
ram rat ray robin roe rook seal shad shark sheep shrew skink slug smelt snail snipe sow squid stag stork swan
tern toad trout vole wasp whale wolf wren yak zebra
"""


def random_name() -> str:
    """A name that a person can remember and say; it need not be unique."""
    return f"{_choice(_ADJECTIVES)}-{_choice(_ANIMALS)}-{secrets.randbelow(1000)}"


def _choice(words: str) -> str:
    return secrets.choice(words.split())
