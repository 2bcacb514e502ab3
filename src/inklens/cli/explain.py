"""`inklens explain`: why a network answers as it does to one image, in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from inklens.cli.console import note, output
from inklens.cli.light import Model, name_model
from inklens.errors import OptionError
from inklens.paths import given_path
from inklens.printable import printable

if TYPE_CHECKING:
    from inklens.explanation import Explanation, Occlusion


def explain(
    image: Annotated[Path, Argument(metavar="IMAGE", help="An image file, as for `inklens predict`.")],
    model: Model = None,
    label: Annotated[str | None, Option(metavar="CLASS", help="Default: the most probable class.")] = None,
    folder: Annotated[
        Path | None,
        Option("--output", help="Folder of the pictures; default: explanations/IMAGE in the run."),
    ] = None,
    patch: Annotated[int | None, Option(help="The cover's side in pixels; default: a quarter.")] = None,
    stride: Annotated[int | None, Option(help="Pixels between its places; default: half of it.")] = None,
) -> None:
    """Show what a network looks at: filters, feature maps, class activation, answers to covered parts."""
    occlude = {"patch": patch, "stride": stride}
    if model is not None and given_path(model).is_file():
        _explain_file(model, image, label, folder or Path("explanations") / image.stem, occlude)
    else:
        _explain_run(model, image, label, folder, occlude)


def _explain_run(
    path: Path | None, image: Path, label: str | None, folder: Path | None, occlude: dict[str, int | None]
) -> None:
    """From model.keras: everything; the status is the one that `inklens predict` gives."""
    from inklens.run import Run
    from inklens.run_folder import RunFolder

    run = Run.open(path or RunFolder.latest().path)
    if path is None:
        name_model(run.path, run.data["name"], run.class_names)
    explanation = run.explain(image, label, **occlude)
    said = run.classifier.predict_framed(explanation.image[None])
    target = folder or run.path / "explanations" / image.stem
    pictures = _draw(explanation, run.class_names, target)
    _say(str(said.status[0]), explanation.occlusion, run.class_names, label)
    _say_where(target, pictures)


def _explain_file(
    path: Path, image: Path, label: str | None, folder: Path, occlude: dict[str, int | None]
) -> None:
    """From a model.onnx, without Keras: the answers when parts are covered."""
    from inklens.atomic_file import atomic
    from inklens.classifier import Classifier
    from inklens.classifier.image_inputs import framed_file
    from inklens.explanation import occlusion_map
    from inklens.reporting import occlusion_picture

    classifier = Classifier.open(path)
    wanted = _label(label, classifier.class_names, str(path))
    pixels = framed_file(image, classifier.spec)
    answer = classifier.predict_framed(pixels[None])
    occlusion = occlusion_map(
        lambda covered: classifier.predict_framed(covered).probabilities,
        pixels,
        int(answer.indices[0]) if wanted is None else wanted,
        **occlude,
    )
    with atomic(folder / "occlusion.png") as temporary:
        occlusion_picture(pixels, occlusion, classifier.class_names, temporary)
    _say(str(answer.status[0]), occlusion, classifier.class_names, label)
    _say_where(folder, ["occlusion.png"])
    note("filters, feature maps and class activation need the run's model.keras: give the run")


def _label(label: str | None, class_names: Sequence[str], where: str) -> int | None:
    """A class by its name."""
    if label is None:
        return None
    if label not in class_names:
        from inklens.evaluation.class_matching import listed

        raise OptionError(f"label {label!r} is no class of {where}: expected one of {listed(class_names)}")
    return class_names.index(label)


def _draw(explanation: Explanation, class_names: Sequence[str], folder: Path) -> list[str]:
    """Writes the pictures, and gives their names, the one that holds most of it first."""
    from inklens import reporting
    from inklens.atomic_file import atomic

    image, occlusion = explanation.image, explanation.occlusion
    pictures: dict[str, tuple[Any, ...]] = {
        "explanation.png": (reporting.explanation_picture, explanation, class_names),
        "feature-maps.png": (reporting.feature_maps_picture, image, explanation.layers, explanation.maps),
        "class-activation.png": (reporting.class_activation_picture, explanation, class_names),
        "occlusion.png": (reporting.occlusion_picture, image, occlusion, class_names),
        "filters.png": (reporting.filters_picture, explanation.filters),
    }
    for name, (draw, *what) in pictures.items():
        with atomic(folder / name) as temporary:
            draw(*what, temporary)
    return list(pictures)


def _say(status: str, occlusion: Occlusion, class_names: Sequence[str], label: str | None) -> None:
    from inklens.classifier.predictions import shown_label

    def said(one: int) -> str:
        return f"{shown_label(class_names[one])}  {100 * float(occlusion.uncovered[one]):.2f}%"

    best = int(occlusion.uncovered.argmax())
    answer = said(best) if status == "ok" else f"{status} (most probable: {said(best)})"
    output.print(printable(f"answer     {answer}"))
    if label is not None:
        output.print(printable(f"explained  {said(occlusion.label)}"))
    answers = occlusion.answers
    others = Counter(class_names[one] for one in answers.ravel().tolist() if one != best)
    which = ", ".join(f"{name} in {count}" for name, count in others.most_common(4))
    output.print(
        printable(
            f"covered    another answer in {others.total()} of {answers.size} places of a cover of "
            f"{occlusion.patch}x{occlusion.patch} pixels{': ' if which else ''}{which}"
        )
    )


def _say_where(folder: Path, pictures: Sequence[str]) -> None:
    output.print(printable(f"pictures   {folder}: {', '.join(pictures)}"))
