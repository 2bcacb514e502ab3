"""A 16-megapixel photo from the shell: `inklens read photo.jpg`, a process of its own, its time and memory.

    python benchmarks/photo.py runs/mnist-accurate-1 --rounds 7

The photo is a page of tests/sheets enlarged to 4624x3468 as JPEG, with an EXIF tag that turns it.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

import record
from process import in_turn, summary

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import sheets

_ROTATED, _ORIENTATION = 6, 0x0112


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path, help="a run folder with model.onnx")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=20_004)
    options = parser.parse_args()
    page = sheets.draw("squared", options.seed)
    with tempfile.TemporaryDirectory() as folder:
        photo = Image.fromarray(page.picture).resize((3468, 4624), Image.Resampling.BICUBIC)
        photo = photo.transpose(Image.Transpose.ROTATE_90)
        exif = Image.Exif()
        exif[_ORIENTATION] = _ROTATED
        photo.save(f"{folder}/photo.jpg", quality=90, exif=exif)
        command = ["-m", "inklens", "read", f"{folder}/photo.jpg", "--model", str(options.run)]
        rounds = in_turn({"read": [sys.executable, *command]}, options.rounds)["read"]
    figures = {
        "pixels": photo.width * photo.height,
        "rounds": options.rounds,
        **summary(rounds),
        "written": [number.text for number in page.numbers],
        "read": rounds[0]["printed"].splitlines(),
        "goals": {"median_s": 1.5, "peak_mb": 400},
    }
    print(figures)
    record.write("photo", figures, dry=options.dry)


if __name__ == "__main__":
    main()
