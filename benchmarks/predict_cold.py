"""One image, from the shell: `inklens predict one.png` against a bare onnxruntime script and a Keras script.

    python benchmarks/predict_cold.py runs/mnist-fast-1 --rounds 15

They take turns. Each is a process of its own, timed from its start to its end, with the peak of its memory;
the first round warms the disk cache and is not counted.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

import inklens
import record
from process import in_turn, summary

KERAS_SCRIPT = """
import sys
import keras
import numpy as np
from PIL import Image
model = keras.models.load_model(sys.argv[1])
pixels = np.asarray(Image.open(sys.argv[2]).convert("L"))[None, ..., None]
probabilities = model.predict(pixels, verbose=0)[0]
print(f"{sys.argv[2]}  {probabilities.argmax()}  {100 * probabilities.max():.2f}%")
"""


# The same file without any check, framing or command line, run by the libraries that Inklens imports.
BARE_SCRIPT = """
import sys
import cv2
import numpy as np
import onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession(sys.argv[1])
pixels = np.asarray(Image.open(sys.argv[2]).convert("L"))[None, ..., None]
probabilities = session.run(["probabilities"], {"pixels": pixels})[0][0]
print(f"{sys.argv[2]}  {probabilities.argmax()}  {100 * probabilities.max():.2f}%")
"""


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("run", type=Path, help="a run folder with model.onnx and model.keras")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        picture = f"{folder}/one.png"
        Image.fromarray(inklens.load("mnist").test.batch([0])[0, ..., 0]).save(picture)
        commands = {
            "inklens": [sys.executable, "-m", "inklens", "predict", picture, "--model", str(options.run)],
            "bare": [sys.executable, "-c", BARE_SCRIPT, str(options.run / "model.onnx"), picture],
            "keras": [sys.executable, "-c", KERAS_SCRIPT, str(options.run / "model.keras"), picture],
        }
        rounds = in_turn(commands, options.rounds)
    answers = {name: results[0]["printed"].split()[1] for name, results in rounds.items()}
    if len(set(answers.values())) > 1:
        sys.exit(f"they do not agree on what is in the picture: {answers}")
    found = {name: summary(results) for name, results in rounds.items()}
    times = {name: one["median_s"] for name, one in found.items()}
    figures = {
        "rounds": options.rounds,
        **found,
        "times_bare_time": round(times["inklens"] / times["bare"], 3),
        "share_of_keras_time": round(times["inklens"] / times["keras"], 3),
        "goals": {"median_s": 0.35, "peak_mb": 120, "times_bare_time": 1.3, "share_of_keras_time": 0.1},
    }
    print(figures)
    record.write("predict_cold", figures, dry=options.dry)


if __name__ == "__main__":
    main()
