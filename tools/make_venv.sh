# Makes a virtual environment with the first Python that can: make_venv.sh FOLDER [PYTHON]
set -eu
folder=$1
for python in ${2:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "Making $folder with $("$python" --version) ..."
        exec "$python" -m venv "$folder"
    fi
done
echo "No Python was found that can be used: it must be 3.11 or newer, with venv and pip." >&2
echo "On Debian and Ubuntu: apt install python3-venv. Another one: make demo PYTHON=/path/to/python3" >&2
exit 1
