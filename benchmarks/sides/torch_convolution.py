"""Seconds of one convolution by torch in fp32 on one thread, the least of many; usage as our_convolution.py."""

import json
import sys
import time

import torch


def main() -> None:
    torch.set_num_threads(1)
    found = []
    with torch.inference_mode():
        for n, c, h, m, k, stride, padding in json.loads(sys.argv[1]):
            x, layer = torch.randn(n, c, h, h), torch.nn.Conv2d(c, m, k, stride, padding)
            seconds = []
            for _ in range(15):
                start = time.perf_counter()
                layer(x)
                seconds.append(time.perf_counter() - start)
            found.append(min(seconds))
    print(json.dumps({"seconds": found}))


if __name__ == "__main__":
    main()
