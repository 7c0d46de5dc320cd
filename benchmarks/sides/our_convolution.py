"""Seconds of one convolution by vitreous.layers in fp32 on one thread, the least of many.

usage: python our_convolution.py '[[N, C, H, M, k, stride, padding], ...]'
"""

import json
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from vitreous.layers.convolution import convolution
from vitreous.layers.window import Window


def main() -> None:
    random, found = np.random.default_rng(0), []
    with threadpool_limits(1):
        for n, c, h, m, k, stride, padding in json.loads(sys.argv[1]):
            X = random.normal(size=(n, c, h, h)).astype(np.float32)
            W, b = random.normal(size=(m, c, k, k)).astype(np.float32), random.normal(size=m).astype(np.float32)
            window = Window((k, k), (stride, stride), (padding,) * 4)
            seconds = []
            for _ in range(15):
                start = time.perf_counter()
                convolution(X, W, b, window)
                seconds.append(time.perf_counter() - start)
            found.append(min(seconds))
    print(json.dumps({"seconds": found}))


if __name__ == "__main__":
    main()
