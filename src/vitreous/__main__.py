"""`python -m vitreous`, the same as `vitreous`."""

from vitreous.cli import main

main()
