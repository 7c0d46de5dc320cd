"""Every layer of a convolutional network, forward and backward by the chain rule, in numpy.

Pictures are [N, C, H, W] throughout: number, channels, rows, columns. A gradient is called d and the value it is taken in:
dY arrives from the layer above, dX goes to the layer below, dW and db to whoever learns.
"""
