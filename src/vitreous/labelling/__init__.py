"""A first set of labels where there are none: pictures that look alike are named together, then the model asks what it would learn most from.

opening     a labelling of a folder, begun or continued          session     its steps, in Python
journal     every step on the disk, before it counts             book        what the steps come to
table       path,label: what `train` takes                       naming      names that tables can hold
saving      the table beside the journal                         pictures    the pictures of a folder, through the pack
space       their features, turned and shortened                 groups      pictures that look alike
model       guesses, refitted at every step                      asking      which pictures to ask about
judging     how good the guesses are, and when to stop           further     the same order for a trained run
server      the page's server, on this machine only              guard       who may speak with it
views       what the page shows                                  page        the page itself
"""
