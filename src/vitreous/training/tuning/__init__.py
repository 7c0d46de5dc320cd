"""Tuning a pretrained network from the probe (Kumar et al. 2022): the deepest stages learn, what lies before the cut runs once for each view.

tuner      phase after phase while the minutes last
phase      the trainings of a phase: on what is not held out, then on all
planning   what fits into the time, from what was measured (`measuring`)
frozen     the part before the cut, in the engine, kept as bf16
tail       the part behind it as matrix products, its weights as torch parameters
tuning     tail and head learn
judged     how far to go from the probe towards what was learned
memory     the state to go on from
tuned      the classifier
"""
