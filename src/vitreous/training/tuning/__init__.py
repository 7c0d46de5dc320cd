"""Tuning a pretrained network from the probe (Kumar et al. 2022): the deepest stages learn, what lies before the cut runs once for each view.

tail      the end of a network as matrix products, its weights as torch parameters
"""
