"""Mean error under the fifteen corruptions, beside the plain tutorial network's, on the whole test set.

    python benchmarks/robustness.py runs/accuracy/mnist-fast-seed0 \\
        --baseline runs/accuracy/mnist-tutorial-c-seed0

Nothing is trained here: benchmarks/accuracy.py makes these runs. The network gets the corrupted 28x28 image
as it is, and after framing where its framing changes such an image.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import inklens
import record
from inklens.audit import measure_corruption_errors


def measured(path: Path, data: inklens.Dataset, seed: int) -> dict[str, Any]:
    """The figures of one run, and which recipe made it."""
    run = inklens.Run.open(path)
    if run.data["fingerprint"] != data.fingerprint:
        raise SystemExit(f"{path} was trained on other data than {data.name}")
    images, labels = data.test.whole(), data.test.labels

    def predict(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return run.classifier.predict_framed(images).probabilities

    figures = measure_corruption_errors(predict, images, labels, spec=run.spec, seed=seed)
    print(f"{path.name}: mean error {100 * figures.mean_error:.2f}%", flush=True)
    made = run.folder.read_json(run.folder.environment)
    how = {"preset": run.recipe.preset, "recipe": run.recipe.to_dict(), "precision": made["precision"]}
    return {"run": path.name, **how, **figures.to_dict()}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--baseline", type=Path, default=Path("runs/accuracy/mnist-tutorial-c-seed0"))
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    data = inklens.load(given.data)
    baseline = measured(given.baseline, data, given.seed)
    results = [measured(path, data, given.seed) for path in given.runs]
    for result in results:
        result["of_the_baseline"] = result["mean_error"] / baseline["mean_error"]
        print(f"{result['run']}: {result['of_the_baseline']:.3f} of the baseline's mean error")
    figures = {
        "data": {"name": data.name, "fingerprint": data.fingerprint, "test_images": len(data.test)},
        "baseline": baseline,
        "runs": results,
    }
    record.write("robustness", figures, dry=given.dry)


if __name__ == "__main__":
    main()
