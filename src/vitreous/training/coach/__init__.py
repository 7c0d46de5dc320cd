"""Checks of a training in words, each with the figures it rests on. What reads recorded figures works without torch; `before` needs it."""

from vitreous.training.coach.context import Context
from vitreous.training.coach.curves import read
from vitreous.training.coach.finding import KINDS, Finding, in_order

__all__ = ["KINDS", "Context", "Finding", "in_order", "read"]
