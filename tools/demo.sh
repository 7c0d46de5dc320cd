# From a folder of photos to an answer, in four commands. Everything that it makes lies in demo/; nothing there is deleted.
set -eu
PATH=$PWD/.venv/bin:$PATH
export PATH
mkdir -p demo
cd demo

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

run() {
    printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@"
}

echo "We are in the folder demo/ of this project."
[ -d photos ] || run vitreous sample clothing photos
# One photo is taken away, so that there is one that no model of the demo has seen.
[ -f new.jpg ] || run mv photos/skirt/skirt-40.jpg new.jpg
run vitreous look photos
run vitreous train photos
newest=$(ls -td runs/photos-* | head -n 1)
run vitreous predict "$newest" new.jpg
run vitreous evaluate "$newest"

cat <<END

What to try next:
  . .venv/bin/activate                       the command vitreous in this terminal
  vitreous train YOUR-PHOTOS                 a folder with one folder of photos for each class
  vitreous predict demo/$newest photo.jpg
  demo/$newest/report.html                   the report, for a browser
  vitreous predict photo.jpg                 no training: one of the 1000 classes of ImageNet
  vitreous --help
END
