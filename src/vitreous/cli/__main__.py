"""`python -m vitreous.cli`, the same as `vitreous`."""

from vitreous.cli import main

main()
