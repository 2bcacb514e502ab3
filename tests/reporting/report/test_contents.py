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
