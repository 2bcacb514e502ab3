"""A YOLO classifier, trained from nothing for so many seconds on a folder of small pictures.

    python yolo_things.py FOLDER 32 100 0

It needs ultralytics only. Size, seconds and seed are given. All but the size of the images, batches of 64
and the images in memory is what `yolo classify train` does by itself, with its own limit of time. The last
line is JSON: the accuracy on FOLDER/test, and what was used.
"""

import time

BEGAN = time.monotonic()

import json  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402

import ultralytics  # noqa: E402


def main() -> None:
    folder, size, seconds, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    model = ultralytics.YOLO("yolo26n-cls.yaml", task="classify")
    with tempfile.TemporaryDirectory() as scratch:
        same = {"data": folder, "imgsz": size, "project": scratch, "workers": 2, "plots": False}
        hours = (seconds - (time.monotonic() - BEGAN)) / 3600
        model.train(**same, time=hours, batch=64, cache="ram", pretrained=False, val=False, seed=seed)
        trained = time.monotonic() - BEGAN
        accuracy = model.val(**same, split="test", batch=500).top1
        epochs = model.trainer.epoch + 1
    weights = sum(one.numel() for one in model.model.parameters())
    found = {"accuracy": accuracy, "seconds": round(trained, 1), "epochs": epochs, "weights": weights}
    print(json.dumps({**found, "versions": {"ultralytics": ultralytics.__version__}}))


if __name__ == "__main__":
    main()
