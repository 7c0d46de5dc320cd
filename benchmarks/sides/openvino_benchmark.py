"""OpenVINO's own benchmark_app, with its arguments as they are given, but without its report of usage.

usage: python openvino_benchmark.py -m NET.onnx -hint throughput ...

The command benchmark_app imports openvino, which looks up an analytics host and writes into the home folder; with the
module that does this blocked, OpenVINO uses its own stub (checked with strace: no socket, no file).
"""

import sys

sys.modules["openvino_telemetry"] = None  # what is None there cannot be imported
from openvino.tools.benchmark.main import main  # noqa: E402

if __name__ == "__main__":
    sys.argv[0] = "benchmark_app"
    main()
