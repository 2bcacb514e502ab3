"""Images through a pool of actors on a real cluster: every one exactly once, as one machine answers it."""

import io
import os
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from dataclasses import asdict

import fsspec
import numpy as np
import pyarrow
import pytest
from pyarrow import dataset, parquet

from command_line import processes_called
from inklens.classifier import Classifier, find_images, predict_files
from inklens.cluster import predict_parts
from inklens.cluster.file_systems import Place
from inklens.cluster.parallel_prediction import PartsDone, begin_parts
from inklens.cluster.prediction_parts import find_parts
from inklens.errors import DataError, OptionError, RunError
from inklens.pixels import encode_png


@pytest.fixture(scope="module")
def model(shared_runs):
    return shared_runs / "runs/one/model.onnx"


@pytest.fixture(scope="module")
def scans(sample, tmp_path_factory):
    """90 images, two bad files, a text, and shards: a zip, a tar and a Parquet file, of ten images each."""
    folder = tmp_path_factory.mktemp("scans")
    contents = [encode_png(image) for image in sample.test.batch(slice(0, 120))]
    for number, content in enumerate(contents[:90]):
        path = folder / f"{number % 3}/{number:03}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (folder / "0/bad.png").write_bytes(b"no image")
    (folder / "1/short.png").write_bytes(contents[0][:100])
    (folder / "notes.txt").write_text("not an image")
    with zipfile.ZipFile(folder / "shard.zip", "w") as archive:
        for number, content in enumerate(contents[90:100]):
            archive.writestr(f"{number}.png", content)
    with tarfile.open(folder / "shard.tar", "w") as archive:
        for number, content in enumerate(contents[100:110]):
            entry = tarfile.TarInfo(f"in/{number}.png")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    table = pyarrow.table({"image": [{"bytes": content, "path": None} for content in contents[110:]]})
    parquet.write_table(table, folder / "shard.parquet")
    return folder


@pytest.fixture
def of_20(monkeypatch):
    """20 files in a part, so that there are several."""
    monkeypatch.setattr("inklens.cluster.prediction_parts.FILES_PER_PART", 20)


def _answers(output):
    return {row.pop("file"): row for row in dataset.dataset(output).to_table().to_pylist()}


def _rows(output):
    return dataset.dataset(output).to_table().num_rows


def _of_one_machine(model, folder):
    classifier = Classifier.open(model)
    return {one.file: asdict(one) for one in predict_files(classifier, find_images([str(folder)]))}


def test_every_image_is_answered_once_as_one_machine_answers_it(
    cluster, model, scans, of_20, tmp_path, monkeypatch
):
    told: list[PartsDone] = []
    passed: Counter[str] = Counter()
    output = tmp_path / "answers"
    done = predict_parts(cluster, model, [str(scans)], str(output), passed=passed, progress=told.append)
    answers = _answers(output)
    assert _rows(output) == len(answers) == 92 + 30
    expected = _of_one_machine(model, scans)
    for file, said in expected.items():
        row = answers[file]
        assert (row["status"], row["label"], row["error"]) == (said["status"], said["label"], said["error"])
        assert row["probability"] == pytest.approx(said["probability"], abs=1e-6)
    assert answers[str(scans / "0/bad.png")]["status"] == "error"
    assert {f"{scans}/shard.zip/3.png", f"{scans}/shard.tar/in/3.png", f"{scans}/shard.parquet#3"} <= {
        *answers
    }
    assert done.counts.total() == 122
    assert done.counts["error"] == 2
    assert [one.parts for one in told] == [*range(1, 9)]  # five of files, three shards
    assert passed == {".txt": 1}
    # begun again, with two parts gone: only these are made anew
    parts = sorted(output.glob("part-*.parquet"))
    kept = {part: part.stat().st_mtime_ns for part in parts[2:]}
    for part in parts[:2]:
        part.unlink()
    (scans / "0/new.png").write_bytes((scans / "0/000.png").read_bytes())  # the list is as it was
    try:
        again = predict_parts(cluster, model, [str(scans)], str(output))
    finally:
        (scans / "0/new.png").unlink()
    assert again.counts.total() == 40
    assert _answers(output) == answers
    assert {part: part.stat().st_mtime_ns for part in parts[2:]} == kept
    assert not predict_parts(cluster, model, [str(scans)], str(output)).counts
    with pytest.raises(RunError, match="holds the answers of another job, whose top is 1"):
        predict_parts(cluster, model, [str(scans)], str(output), top=3)


def test_an_actor_does_not_wait_for_a_framework():
    asked = "import sys, inklens.cluster.part_prediction; print({'keras', 'tensorflow'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_actor_is_killed_and_every_image_is_there_once(cluster, model, scans, of_20, tmp_path):
    killed = []

    def kill_one(now):
        if not killed:
            killed.append(processes_called(b"ray::MapWorker", b"ray::_MapWorker")[0])
            os.kill(killed[0], signal.SIGKILL)

    output = tmp_path / "answers"
    done = predict_parts(cluster, model, [str(scans)], str(output), progress=kill_one)
    assert killed
    assert done.parts == done.of == 8
    assert _rows(output) == len(_answers(output)) == 122


@pytest.fixture(scope="module")
def storage():
    """A server of the S3 protocol on this machine, and the address of a bucket in it."""
    import logging

    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1",
        aws_access_key_id="key", aws_secret_access_key="secret",
    ).create_bucket(Bucket="bucket")  # fmt: skip
    yield (
        lambda path: (
            f"s3://key:secret@bucket/{path}?endpoint_override={host}%3A{port}&scheme=http&region=us-east-1"
        )
    )
    server.stop()


def test_paths_and_answers_may_be_in_object_storage(cluster, model, scans, storage, of_20, tmp_path):
    folder = Place.of(storage("scans"))
    for path in sorted(scans.rglob("*")):
        if path.is_file():
            folder.write(str(path.relative_to(scans)), path.read_bytes())
    predict_parts(cluster, model, [storage("scans")], storage("answers"))
    place = Place.of(storage("answers"))
    for path in place.found():
        (tmp_path / path.rpartition("/")[2]).write_bytes(place.read(path))
    answers = _answers(tmp_path)
    assert _rows(tmp_path) == len(answers) == 122
    assert not any("secret" in file for file in answers)
    assert b"secret" not in (tmp_path / "_job.json").read_bytes()
    for file, said in _of_one_machine(model, scans).items():
        row = answers[file.replace(str(scans), "s3://bucket/scans")]
        assert (row["status"], row["label"]) == (said["status"], said["label"])
    assert not predict_parts(cluster, model, [storage("scans")], storage("answers")).counts


def test_fsspec_opens_what_pyarrow_does_not(tmp_path):
    fsspec.filesystem("memory").pipe("/scans/a.png", encode_png(np.zeros((28, 28, 1), np.uint8)))
    parts = find_parts(["memory://scans"], Counter())
    assert [[os.fsdecode(name) for name in part.names] for part in parts] == [["/scans/a.png"]]
    assert Place.of("memory://scans").read("/scans/a.png").startswith(b"\x89PNG")


def test_a_job_that_is_there_is_begun_again_with_its_own_paths_only(model, scans, tmp_path):
    output = str(tmp_path / "answers")
    begin_parts(model, [f"{scans}/0", f"{scans}/1"], output)
    begun = (tmp_path / "answers/_job.json").read_bytes()
    begin_parts(model, [f"{scans}/0", f"{scans}/1"], output)
    with pytest.raises(RunError, match=r"whose paths are \S+/0, \S+/1, not \S+/2; give another --output"):
        begin_parts(model, [f"{scans}/2"], output)
    with pytest.raises(DataError, match="no image was given"):
        begin_parts(model, [], output)
    assert (tmp_path / "answers/_job.json").read_bytes() == begun


@pytest.mark.parametrize(
    ("paths", "error", "said"),
    [
        (["nowhere://there"], OptionError, "nowhere://there cannot be opened"),
        (["memory://nothing"], DataError, "holds no files"),
        (["{empty}"], DataError, "holds no images"),
        (["{empty}/gone.png"], DataError, "gone.png is not there"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_one_line(tmp_path, paths, error, said):
    (tmp_path / "empty").mkdir()
    with pytest.raises(error, match=said):
        find_parts([path.format(empty=tmp_path / "empty") for path in paths], Counter())


def test_a_folder_means_its_shards_too_but_not_hidden_ones(tmp_path):
    for name in ("a.png", "b.zip", "c.csv", "below/d.tar.gz", ".hidden/e.zip", "__MACOSX/f.zip"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    passed = Counter()
    parts = find_parts([str(tmp_path)], passed)
    found = [(os.path.relpath(os.fsdecode(part.names[0]), tmp_path), part.shard) for part in parts]
    assert found == [("a.png", False), ("b.zip", True), ("below/d.tar.gz", True)]
    assert passed == {".csv": 1}
    parts = find_parts([str(tmp_path / "*.[zc]*")], Counter())
    assert [part.shard for part in parts] == [True, True], "what is named by a pattern is named"


def test_of_several_paths_one_that_is_not_there_has_a_row_of_its_own(tmp_path):
    (tmp_path / "there.png").touch()
    names = [str(tmp_path / name) for name in ("gone.png", "there.png")]
    assert [part.names for part in find_parts(names, Counter())] == [(os.fsencode(name),) for name in names]
