import numpy as np

from inklens.reporting.report import read_sources, telling_samples


def test_the_samples_are_two_right_ones_of_different_classes_and_the_worst_error(finished):
    sources = read_sources(finished.folder)
    (first, said), (second, _), (worst, of_worst) = telling_samples(sources)
    right = sources.labels == sources.predicted
    assert right[first]
    assert right[second]
    assert sources.labels[first] != sources.labels[second]
    assert sources.confidence[worst] == sources.confidence[~right].max()
    assert said == f"A {sources.labels[first]}, rightly called so: test image {first}"
    assert of_worst.startswith(f"A {sources.labels[worst]} taken for {sources.predicted[worst]}")


def test_a_network_that_is_always_right_has_no_worst_error(make_run, real_digits):
    images, _ = real_digits
    logits = 9.0 * np.eye(10)[images.labels]
    run = make_run(images, logits, [str(digit) for digit in range(10)])
    assert len(telling_samples(read_sources(run.folder))) == 2
    page = run.write()
    assert "There is none: every image came out right." in page
    assert "No image came out wrong." in page


def test_the_runs_that_a_network_needed_are_named_without_where_they_lie(make_run, real_digits):
    images, logits = real_digits
    run = make_run(images, logits, [str(digit) for digit in range(10)], "taught")
    assert "learnt the answers of" not in run.write()
    described = run.folder.read_recipe()
    described["teacher"] = {"path": "/home/somebody/runs/mnist-committee-1", "sha256": 64 * "a"}
    described["started_from"] = "/home/somebody/runs/letters-fast-2"
    run.folder.write_json(run.folder.recipe, described)
    page = run.write()
    assert "It also learnt the answers of mnist-committee-1." in page
    assert 64 * "a" in page
    assert "letters-fast-2" in page
    assert "somebody" not in page
