from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inklens.classifier import Classifier, EvaluatedModel, predictions_of_all
from inklens.datasets import load
from inklens.errors import DataError, ModelError, OptionError, RunError
from inklens.run_folder import RunFolder
from tiny_onnx import CLASSES, build_model, metadata, save

OTHER = {"class_names": ("dog", "owl", "cat")}


@pytest.fixture
def tree(tmp_path):
    """Images of dog and owl, in folders of these names: neither all classes nor the network's numbers."""
    from PIL import Image

    random = np.random.default_rng(0)
    for name in ("owl", "dog"):
        folder = tmp_path / "pets" / name
        folder.mkdir(parents=True)
        for number in range(10):
            Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(folder / f"{number}.png")
    return str(tmp_path / "pets")


def model_file(path, **changes):
    """The tiny network's file with other metadata."""
    from onnx import helper

    from inklens.classifier import METADATA_KEY

    built = build_model()
    helper.set_model_props(built, {METADATA_KEY: metadata(**changes).to_json()})
    path.parent.mkdir(exist_ok=True)
    return save(built, path)


def test_classes_are_matched_by_name_and_not_by_position(tmp_path, tree):
    model = EvaluatedModel.open(model_file(tmp_path / "x.onnx"))
    data = model.load(tree)
    assert (data.kind, data.class_names) == (model.classifier.metadata.kind, ("dog", "owl"))
    assert not any("taken for" in note for note in data.notes)
    answers = model.answers(data, "all")
    assert sorted(set(answers.labels.tolist())) == [1, 2]  # as the network numbers them
    assert [CLASSES[label] for label in answers.labels] == [
        data.class_names[label] for label in data.part("all").labels
    ]
    expected = Classifier.open(tmp_path / "x.onnx").predict_framed(data.part("all").whole())
    assert np.array_equal(answers.probabilities, expected.probabilities)
    assert answers.answered.all()


def test_figures_of_data_whose_names_differ_after_a_dot_go_into_two_folders(tmp_path, tree):
    model = EvaluatedModel.open(model_file(tmp_path / "x.onnx"))
    data = model.load(tree)
    places = [model.place(replace(data, name=f"scans.{year}"), "test").path.name for year in (2023, 2024)]
    assert places == ["x-scans.2023", "x-scans.2024"]


def test_classes_that_the_network_does_not_know_are_named(tmp_path, tree):
    model = EvaluatedModel.open(model_file(tmp_path / "x.onnx", class_names=("cat", "dog", "fox")))
    with pytest.raises(DataError, match="pets has the classes owl, which the network does not know"):
        model.answers(model.load(tree), "all")


def test_all_of_a_few_images_of_one_class_can_be_evaluated(tmp_path, tree):
    """Nothing is held out of them, for nothing is learnt from them."""
    for path in [*(Path(tree) / "owl").iterdir(), *sorted((Path(tree) / "dog").iterdir())[2:]]:
        path.unlink()
    np.savez(tmp_path / "few.npz", images=np.zeros((3, 8, 8), np.uint8), labels=["owl", "owl", "owl"])
    model = EvaluatedModel.open(model_file(tmp_path / "x.onnx"))
    with pytest.raises(DataError, match="images of one class only, dog"):
        model.load(tree)
    for path, label, count in ((tree, 1, 2), (str(tmp_path / "few.npz"), 2, 3)):
        assert model.answers(model.load(path, "all"), "all").labels.tolist() == [label] * count


def test_numbers_of_classes_may_have_gaps_where_nothing_is_learnt(tmp_path):
    np.savez(tmp_path / "nines.npz", images=np.zeros((2, 8, 8), np.uint8), labels=[9, 9])
    data = load(tmp_path / "nines.npz", kind="things", hold_out=False)
    assert [data.class_names[label] for label in data.part("all").labels] == ["9", "9"]
    assert (len(data.test), data.notes) == (0, ())


def test_a_bare_file_is_called_as_it_is_or_as_its_folder(tmp_path):
    assert EvaluatedModel.open(model_file(tmp_path / "pets.onnx")).name == "pets"
    assert EvaluatedModel.open(model_file(tmp_path / "mine" / "model.onnx")).name == "mine"


def test_a_bare_file_whose_data_have_no_known_name_asks_for_them(tmp_path):
    model = EvaluatedModel.open(model_file(tmp_path / "x.onnx", data={"name": "/etc", "fingerprint": "0"}))
    with pytest.raises(DataError, match="no more than a name, '/etc'; give others with --data"):
        model.load()


def test_what_cannot_be_opened_is_said(tmp_path):
    with pytest.raises(RunError, match="nowhere is not a folder; expected the folder of a run"):
        EvaluatedModel.open(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"no\.onnx is not there"):
        EvaluatedModel.open(tmp_path / "no.onnx")
    run = RunFolder.create(tmp_path, "half", "x")
    with pytest.raises(RunError, match="is running, not done"):
        EvaluatedModel.open(run.path)
    run.set_status("done")
    with pytest.raises(
        ModelError, match=r"model\.onnx is not there; expected a model\.onnx: `inklens export"
    ):
        EvaluatedModel.open(run.path)
    save(build_model(), run.onnx)
    with pytest.raises(RunError, match=r"recipe\.json cannot be read"):
        EvaluatedModel.open(run.path).load()


def test_a_part_that_is_not_there_is_refused(tmp_path, tree):
    model = EvaluatedModel.open(model_file(tmp_path / "x.onnx"))
    with pytest.raises(
        OptionError, match=r"unknown part 'best': did you mean 'test'\? expected one of test, train"
    ):
        model.answers(model.load(tree), "best")
    with pytest.raises(OptionError, match="has no part 'validation'; expected one of train, test, or all"):
        model.answers(model.load(tree), "validation")


def test_models_that_number_their_classes_differently_are_compared_by_name(tmp_path, tree):
    first = EvaluatedModel.open(model_file(tmp_path / "a.onnx"))
    other = EvaluatedModel.open(model_file(tmp_path / "b.onnx", **OTHER))
    _, (one, two) = predictions_of_all([first, other], tree, "all")
    assert np.array_equal(one.labels, two.labels)
    # The same network under other names: its first column is "cat" to one and "dog" to the other.
    assert np.array_equal(one.probabilities[:, 0], two.probabilities[:, CLASSES.index("dog")])


def test_models_of_other_classes_or_other_data_are_not_compared(tmp_path, tree):
    first = EvaluatedModel.open(model_file(tmp_path / "a.onnx"))
    strange = EvaluatedModel.open(model_file(tmp_path / "b.onnx", class_names=("cat", "dog", "fox")))
    with pytest.raises(DataError, match="a knows the classes cat, dog, owl, but b knows cat, dog, fox"):
        predictions_of_all([first, strange], tree, "test")
    elsewhere = EvaluatedModel.open(model_file(tmp_path / "c.onnx", data={"name": "zoo", "fingerprint": "1"}))
    with pytest.raises(DataError, match=r"a was trained on pets, but c on other data \(zoo\).*--data"):
        predictions_of_all([first, elsewhere], None, "test")
