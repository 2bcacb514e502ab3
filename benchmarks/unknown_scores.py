"""Which score distinguishes digits from what is none? AUROC of six scores of a network, and of a run's own.

    python benchmarks/unknown_scores.py --run runs/mnist-fast-1

The six are of the network alone, without test-time augmentation. The run's own is that of its model file:
with test-time augmentation, and with the OOD detector where the run has one, whose log-odds are a score too.
In distribution is the MNIST test set. Out of distribution are the Fashion-MNIST test set, letters drawn with
the fonts of Matplotlib (those that look like a digit left out), uniform noise and blurred noise. Class means
and covariance come from 20,000 training images. docs/results.md says what follows from the result.
"""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score

import record
from accuracy import MAX_ERROR
from inklens.classifier import Classifier
from inklens.datasets import load
from inklens.evaluation import Confidence, fit_temperature
from inklens.export import ValidationOutputs
from inklens.run import Run

# Without those that a hand writes like a digit: B b G g I i L l O o Q q S s Z z, c.
LETTERS = "ACDEFHJKMNPRTUVWXYadefhkmnprtuvwxy"
UNKNOWN = 3400
STATISTICS = 20_000

Floats = NDArray[np.float64]


def letters(random: np.random.Generator) -> NDArray[np.uint8]:
    """Printed letters, turned, sheared, some made bold, framed as MNIST is: uint8 (N, 28, 28, 1)."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    families = ("DejaVuSans", "DejaVuSerif", "STIXGeneral")
    fonts = sorted(
        path for path in folder.glob("*.ttf") if path.stem.startswith(families) and "Display" not in path.stem
    )
    drawn = [
        framed(drawing(LETTERS[i % len(LETTERS)], fonts[random.integers(len(fonts))], random))
        for i in range(UNKNOWN)
    ]
    return np.stack(drawn)[..., None]


def drawing(letter: str, font: Path, random: np.random.Generator) -> NDArray[np.uint8]:
    image = Image.new("L", (140, 140))
    ImageDraw.Draw(image).text((70, 70), letter, 255, ImageFont.truetype(str(font), 80), anchor="mm")
    move = cv2.getRotationMatrix2D((70, 70), random.uniform(-15, 15), 1)
    shear = random.uniform(-0.25, 0.25)
    move[0] += (0, shear, -70 * shear)
    turned = cv2.warpAffine(np.asarray(image), move, (140, 140))
    return cv2.dilate(turned, np.ones((5, 5))) if random.random() < 0.5 else turned


def framed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cropped to the ink, scaled to 20x20, its centre of mass in the middle of 28x28."""
    rows, columns = np.nonzero(image > 40)
    ink = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = 20 / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    corner = [
        int(np.clip(round(13.5 - np.average(np.arange(side), weights=ink.sum(1 - axis))), 0, 28 - side))
        for axis, side in enumerate(ink.shape)
    ]
    result = np.zeros((28, 28), np.uint8)
    result[corner[0] : corner[0] + ink.shape[0], corner[1] : corner[1] + ink.shape[1]] = ink
    return result


def blurred_noise(random: np.random.Generator) -> NDArray[np.uint8]:
    """Blobs as large as strokes, on black: uint8 (N, 28, 28, 1)."""
    noise = [cv2.GaussianBlur(random.random((28, 28), np.float32), (0, 0), 2) for _ in range(UNKNOWN)]
    low, high = np.min(noise, (1, 2), keepdims=True), np.max(noise, (1, 2), keepdims=True)
    blobs = np.clip((np.stack(noise) - low) / (high - low) * 2 - 0.8, 0, 1)
    return (255 * blobs).astype(np.uint8)[..., None]


def out_of_distribution(random: np.random.Generator) -> dict[str, NDArray[np.uint8]]:
    """By name, images that are no digits: uint8 (N, 28, 28, 1)."""
    return {
        "Fashion-MNIST": load("fashion-mnist").test.whole(),
        "letters": letters(random),
        "noise": random.integers(0, 256, (UNKNOWN, 28, 28, 1), np.uint8),
        "blurred noise": blurred_noise(random),
    }


def feature_network(run: Run) -> Callable[[NDArray[np.uint8]], tuple[Floats, Floats]]:
    """Images to features (what the logits are made from) and logits."""
    import keras

    before, logits = run.network.layers[-3:-1]
    model = keras.Model(run.network.inputs, [before.output, logits.output])

    def outputs(images: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        parts = [model.predict_on_batch(images[start : start + 500]) for start in range(0, len(images), 500)]
        features, logits = (np.concatenate(each).astype(np.float64) for each in zip(*parts, strict=True))
        return features, logits

    return outputs


def scorers(
    features: Floats, labels: NDArray[np.int64], temperature: float
) -> dict[str, Callable[..., Floats]]:
    """Each takes features and logits and gives a score that is higher in distribution."""
    means = np.stack([features[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
    spread = np.cov((features - means[labels]).T)
    inverse = np.linalg.inv(spread + 1e-3 * np.trace(spread) / len(spread) * np.eye(len(spread)))

    def distance(features: Floats) -> Floats:
        gaps = features[:, None] - means
        return np.min(np.einsum("nci,ij,ncj->nc", gaps, inverse, gaps, optimize=True), axis=1)

    return {
        "highest probability": lambda f, z: softmax(z / temperature, axis=1).max(axis=1),
        "highest logit": lambda f, z: z.max(axis=1),
        "energy": lambda f, z: logsumexp(z, axis=1),
        "distance in feature space": lambda f, z: -distance(f),
        "length of the features": lambda f, z: np.linalg.norm(f, axis=1),
        "highest logit less their mean": lambda f, z: z.max(axis=1) - z.mean(axis=1),
    }


def detector_score(run: Run, images: NDArray[np.uint8]) -> dict[str, Floats]:
    """The score of the run's OOD detector by itself; empty where it has none."""
    from inklens.networks.graph import logits_network

    if not run.ensemble.ood_detectors:
        return {}
    said = logits_network(run.ensemble.ood_detectors[0]).predict(images, verbose=0).astype(np.float64)
    return {"the OOD detector's log-odds": said[:, 1] - said[:, 0]}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--run", required=True, type=Path)
    options = parser.parse_args()
    run, digits = Run.open(options.run), load("mnist")
    outputs = feature_network(run)
    learnt, validation = digits.split_validation(run.recipe.validation_split, run.recipe.split_seed)
    held_out = ValidationOutputs.read(run.folder)
    thresholds = {
        when: Confidence.fit(held_out.logits, held_out.id_score, held_out.labels, max_error).thresholds
        for when, max_error in (("by default", None), ("at a max error of 0.1%", MAX_ERROR))
    }
    temperature = fit_temperature(outputs(validation.whole())[1], validation.labels)
    features, _ = outputs(learnt.batch(slice(0, STATISTICS)))
    score = scorers(features, learnt.labels[:STATISTICS], temperature)
    unknown = out_of_distribution(np.random.default_rng(0))
    everyone = {"MNIST": digits.test.whole(), **unknown}
    classifier = Classifier.open(run.path)
    answers = {who: classifier.predict_framed(images) for who, images in everyone.items()}
    scored = {}
    for who, images in everyone.items():
        own = outputs(images)
        scored[who] = {name: of(*own) for name, of in score.items()} | detector_score(run, images)
        scored[who]["the run's own"] = answers[who].id_score
    right = answers["MNIST"].indices == digits.test.labels
    table = {
        name: {
            **{who: auroc(own, scored[who][name]) for who in unknown},
            "wrong digits": auroc(own[right], own[~right]),
        }
        for name, own in scored["MNIST"].items()
    }
    refused = {
        when: {
            who: round(1 - float(chosen.answered(said.probabilities, said.id_score).mean()), 4)
            for who, said in answers.items()
        }
        for when, chosen in thresholds.items()
    }
    print(json.dumps(table, indent=2))
    for when, shares in refused.items():
        print(f"refused {when}:", shares)
    record.write(
        f"unknown_scores-{run.recipe.preset}",
        {"recipe": run.recipe.to_dict(), "auroc": table, "refused": refused},
        dry=options.dry,
    )


def auroc(inside: Floats, outside: Floats) -> float:
    is_inside = np.repeat([1, 0], [len(inside), len(outside)])
    return round(float(roc_auc_score(is_inside, np.concatenate([inside, outside]))), 4)


if __name__ == "__main__":
    main()
