"""The yardstick of benchmarks/match.py, run in an environment with opencv-python-headless: SIFT, ratio test, homography by MAGSAC.

    python opencv_sift.py FOLDER        a-N.png and b-N.png there; prints one JSON object: homographies from b to a, inliers, seconds

Lowe's ratio 0.75; where fewer than 15 agree, b is tried mirrored as well, and the better one is kept.
"""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np

RATIO, PIXELS, FEW = 0.75, 5.0, 15


def main() -> None:
    folder = Path(sys.argv[1])
    sift, found = cv2.SIFT_create(), []
    for number in range(len(list(folder.glob("a-*.png")))):
        a, b = (cv2.imread(str(folder / f"{side}-{number}.png"), cv2.IMREAD_GRAYSCALE) for side in "ab")
        begun = time.perf_counter()
        H, inliers = aligned(sift, a, b)
        if inliers < FEW:
            other, more = aligned(sift, a, np.ascontiguousarray(b[:, ::-1]))
            if more > inliers and other is not None:
                H, inliers = other @ np.array([(-1.0, 0, b.shape[1]), (0, 1, 0), (0, 0, 1)]), more
        seconds = time.perf_counter() - begun
        found.append({"H": None if H is None else H.tolist(), "inliers": inliers, "seconds": seconds})
    print(json.dumps({"version": cv2.__version__, "pairs": found}))


def aligned(sift: cv2.SIFT, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray | None, int]:
    (ka, da), (kb, db) = sift.detectAndCompute(a, None), sift.detectAndCompute(b, None)
    if da is None or db is None or len(ka) < 2 or len(kb) < 4:
        return None, 0
    good = [pair[0] for pair in cv2.BFMatcher().knnMatch(db, da, k=2) if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance]
    if len(good) < 4:
        return None, 0
    source, target = np.float32([kb[m.queryIdx].pt for m in good]), np.float32([ka[m.trainIdx].pt for m in good])
    H, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, PIXELS)
    # half a pixel: its (0, 0) is the middle of the first pixel
    half = np.array([(1, 0, 0.5), (0, 1, 0.5), (0, 0, 1)])
    return (None, 0) if H is None else (half @ H @ np.linalg.inv(half), int(mask.sum()))


if __name__ == "__main__":
    main()
