"""Data that are wrong, few, or change under a training."""

import shutil

import numpy as np
import pytest
from PIL import Image

from command_line import refusal, run_inklens
from inklens.datasets import load
from inklens.errors import DataError
from inklens.training import resume, train
from quick_run import QUICK, end_state

FEW = QUICK.with_options(batch_size=20, validation_split=20)


@pytest.fixture
def tree(tmp_path, small_digits):
    """Image files of two classes, 60 of each."""
    for label in (0, 1):
        (folder := tmp_path / "data" / str(label)).mkdir(parents=True)
        chosen = np.flatnonzero(small_digits.train.labels == label)[:60]
        for number, image in enumerate(small_digits.train.batch(chosen)[..., 0]):
            Image.fromarray(image).save(folder / f"{number:03}.png")
    return tmp_path / "data"


def test_a_class_of_one_image_is_said_and_trained(tree, tmp_path):
    (tree / "2").mkdir()
    shutil.copy(tree / "1/007.png", tree / "2/only.png")
    shutil.rmtree(tree / "1")
    shutil.copytree(tree / "0", tree / "1", ignore=lambda *_: ["000.png"])
    words = [tree, "--kind", "writing", "--network", "conv5x5", "--epochs", 1, "--quiet"]
    done = run_inklens(tmp_path, "train", *words)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "class" in done.stderr
    checked = run_inklens(tmp_path, "check", tree, "--kind", "writing")
    assert checked.returncode == 4
    assert "lone class" in checked.stdout


def test_a_file_that_is_left_out_is_named_where_nothing_else_is_printed(tree, tmp_path):
    (tree / "0/bad.png").write_bytes(b"no image")
    done = run_inklens(tmp_path, "train", tree, "--kind", "writing", "--summary", "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("note: 1 of 121 images skipped: 0/bad.png; the first: ")


def test_a_test_part_whose_labels_were_flipped_is_said(few, scratch):
    """Zeros called ones and ones zeros: no figure of the training part can show it."""
    flipped = np.array([1, 0, *range(2, 10)])[few.test.labels]
    path = scratch.parent / "flipped.npz"
    learnt = {"x_train": few.train.whole(), "y_train": few.train.labels}
    np.savez(path, **learnt, x_test=few.test.whole(), y_test=flipped)
    recipe = QUICK.with_options(epochs=8)
    run = train(load(path, kind="writing", framing="pad"), recipe, output=scratch, report=False)
    assert "of 0 are answered 1, " in run.metrics["training"]["note"]
    assert "do the labels of both parts mean the same?" in run.metrics["training"]["note"]


def test_images_that_change_while_they_are_trained_on_are_not_read_again(few, whole, scratch):
    """An array file that is written anew in its place would otherwise change, or end the process."""
    x, y = scratch.parent / "x.npy", scratch.parent / "y.npy"
    np.save(x, few.train.whole())
    np.save(y, few.train.labels)

    def overwrite(now):
        x.write_bytes(b"gone")

    data = load(x, kind="writing", framing="pad")
    run = train(data, QUICK, output=scratch, name="kept", report=False, progress=overwrite)
    np.save(x, few.train.whole())
    again = train(load(x, kind="writing", framing="pad"), QUICK, output=scratch, name="again", report=False)
    assert end_state(run) == end_state(again)


def test_files_that_change_during_a_training_are_refused_when_it_goes_on(tree, scratch):
    class Stopped(BaseException):
        pass

    def change(now):
        Image.new("L", (14, 14), 200).save(tree / "0/003.png")
        raise Stopped

    with pytest.raises(Stopped):
        train(load(tree, kind="writing"), FEW, output=scratch, name="run", report=False, progress=change)
    with pytest.raises(DataError, match=r"has changed since .*run was trained on it"):
        resume(scratch / "run")


def test_a_tree_that_has_moved_is_gone_on_with(tree, scratch):
    class Stopped(BaseException):
        pass

    def stop(now):
        if now.epoch == 2:
            raise Stopped

    whole = train(load(tree, kind="writing"), FEW, output=scratch, name="whole", report=False)
    with pytest.raises(Stopped):
        train(load(tree, kind="writing"), FEW, output=scratch, name="run", report=False, progress=stop)
    tree.rename(moved := tree.with_name("moved"))
    said = refusal(run_inklens(scratch.parent, "train", "--resume", "runs/run"))
    assert str(tree) in said
    done = run_inklens(scratch.parent, "train", "--resume", "runs/run", "--data", moved, "--quiet")
    assert done.returncode == 0, done.stderr
    from inklens.run import Run

    assert end_state(Run.open(scratch / "run")) == end_state(whole)
