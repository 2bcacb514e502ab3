from PIL import Image

from command_line import refusal


def test_show_writes_a_picture_and_prints_what_is_in_the_data(inklens, tmp_path):
    done = inklens("show", "sample", "--count", 12)
    assert done.returncode == 0, done.stderr
    assert "4,000 train, 1,000 test; 28x28, grey" in done.stdout
    assert done.stdout.endswith("picture    pictures/sample.png\n")
    with Image.open(tmp_path / "pictures/sample.png") as picture:
        assert picture.width > 600


def test_show_takes_the_first_images_when_asked(inklens):
    done = inklens("show", "--data", "sample", "--first", "--count", 3, "--output", "x.png")
    assert "  labels   0, 0, 0\n" in done.stdout


def test_show_draws_what_the_augmentation_of_a_preset_does(inklens, tmp_path):
    done = inklens("show", "sample", "--augment", "accurate", "--count", 4)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("picture    pictures/sample-accurate.png\n")
    with Image.open(tmp_path / "pictures/sample-accurate.png") as picture:
        assert picture.height > picture.width  # one row as it is, six that were changed


def test_a_preset_that_does_not_augment_is_refused(inklens, tmp_path):
    said = refusal(inklens("show", "sample", "--augment", "tutorial-c"))
    assert "the preset 'tutorial-c' trains on images as they are; give one that augments" in said
    assert not (tmp_path / "pictures").exists()
