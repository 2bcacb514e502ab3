"""Files of ours come back as they were; each kind of hostile file is made here and refused."""

import copy
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from branched_network import NAME, register
from inklens.errors import ModelError
from inklens.networks import NETWORKS, build
from inklens.networks.keras_file import CONFIG, METADATA, WEIGHTS, load_network
from inklens.networks.layer_kinds import PIXELS
from mutants import mutated


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.keras"
    build("conv5x5", (8, 8, 1), 3).save(path)
    return path


@pytest.fixture(scope="module")
def saved_branched(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.keras"
    with pytest.MonkeyPatch.context() as patch:
        register(patch)
        build(NAME, (8, 8, 1), 3).save(path)
    return path


@pytest.fixture
def forged(saved, tmp_path) -> Callable[..., Path]:
    """A copy of the saved file with members changed by functions of their bytes: forged({CONFIG: change})."""

    def forge(changes, extra=(), compression=zipfile.ZIP_STORED, of=saved) -> Path:
        path = tmp_path / "forged.keras"
        with zipfile.ZipFile(of) as old, zipfile.ZipFile(path, "w", compression) as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, changes[name](content) if name in changes else content)
            for name, content in extra:
                new.writestr(name, content)
        return path

    return forge


def in_config(change: Callable[[dict], object]):
    """Makes a change of config.json out of a change of what is in it."""

    def apply(content: bytes) -> bytes:
        config = json.loads(content)
        change(config)
        return json.dumps(config).encode()

    return {CONFIG: apply}


def in_weights(change: Callable[[h5py.File], object]):
    """Makes a change of the weights out of a change of the open HDF5 file."""

    def apply(content: bytes) -> bytes:
        file = io.BytesIO(content)
        with h5py.File(file, "r+") as weights:
            change(weights)
        return file.getvalue()

    return {WEIGHTS: apply}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_every_network_of_ours_comes_back_as_it_was(name, activation, tmp_path):
    network = build(name, (12, 8, 3), 7, activation=activation, dropout=0.1)
    network.save(tmp_path / "model.keras")
    loaded = load_network(tmp_path / "model.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 12, 8, 3), np.uint8)
    assert np.array_equal(loaded.predict_on_batch(pixels), network.predict_on_batch(pixels))


def test_a_network_with_branches_comes_back_as_it_was(saved_branched, monkeypatch):
    register(monkeypatch)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1), np.uint8)
    loaded = load_network(saved_branched)
    assert np.array_equal(loaded.predict_on_batch(pixels), build(NAME, (8, 8, 1), 3).predict_on_batch(pixels))


def test_a_file_says_what_its_users_have_to_give(saved):
    network, shown = keras.models.load_model(saved), []
    network.summary(print_fn=lambda line, **_: shown.append(line))
    assert network.input.dtype == "uint8"
    assert "pixels_uint8_0_to_255" in "".join(shown)


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside.txt", "assets/../../outside.txt"])
def test_a_path_out_of_the_archive_is_refused_and_nothing_is_written(forged, name, tmp_path):
    path = forged({}, extra=[(name, b"written")])
    with pytest.raises(ModelError, match=r"holds .*outside\.txt.*; expected config\.json"):
        load_network(path)
    assert {file.name for file in tmp_path.rglob("*")} == {"forged.keras"}


def test_a_second_member_of_the_same_name_is_refused(forged):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = forged({}, extra=[(CONFIG, b"{}")])
    with pytest.raises(ModelError, match=r"config\.json, config\.json"):
        load_network(path)


def test_a_member_that_is_missing_is_named(saved, tmp_path):
    path = tmp_path / "short.keras"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in (METADATA, CONFIG):
            new.writestr(name, old.read(name))
    with pytest.raises(ModelError, match=r"holds config\.json, metadata\.json; expected .*weights"):
        load_network(path)


def test_a_zip_bomb_is_not_inflated(forged):
    path = forged({WEIGHTS: lambda content: bytes(200_000_000)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(ModelError, match="compressed"):
        load_network(path)


def layers_of(config: dict) -> list[dict]:
    return config["config"]["layers"]


def with_foreign(module: str, name: str):
    layer = {"module": module, "class_name": name, "config": "true", "registered_name": None}
    return in_config(lambda c: layers_of(c).insert(1, layer)), rf"{module}\.{name}, {NO_LAYER}"


def with_config(config: bytes):
    return {CONFIG: lambda content: config}, "no JSON|no network|no Functional network"


LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}}
NO_LAYER = "which is no layer of ours"
FORGED = {
    "os.system": with_foreign("os", "system"),
    "a Lambda": with_foreign("keras.layers", "Lambda"),
    "a wrapper of another framework": with_foreign("keras.layers", "TorchModuleWrapper"),
    "JSON nested without end": with_config(b"[" * 100_000 + b"]" * 100_000),
    "an empty config": with_config(b""),
    "a list as config": with_config(b"[]"),
    "a config of a name": with_config(b'{"module": "keras", "class_name": "Sequential"}'),
    "a config that is no UTF-8": with_config(b"\xff"),
    "a lambda as activation": (
        in_config(lambda c: layers_of(c)[2]["config"].update(activation=LAMBDA)),
        rf"None\.__lambda__, {NO_LAYER}",
    ),
    "the registered name of a foreign class": (
        in_config(lambda c: layers_of(c)[1].update(registered_name="Package>Foreign")),
        NO_LAYER,
    ),
    "a layer larger than its weights": (
        in_config(lambda c: layers_of(c)[-4]["config"].update(units=10**9)),
        r"a layer dense.* for which there are no weights",
    ),
    "images of a side of a million": (
        in_config(lambda c: layers_of(c)[0]["config"].update(batch_shape=[None, 10**6, 10**6, 1])),
        "takes images of shape",
    ),
    "a member too large": (
        {METADATA: lambda content: bytes(20_000)},
        r"metadata\.json has 20,000 bytes; expected at most 10,000",
    ),
    "weights cut short": (
        {WEIGHTS: lambda content: content[: len(content) // 2]},
        "damaged weights|larger than the file",
    ),
    "weights of text": (
        in_weights(lambda weights: weights.update(text=np.array([b"text"]))),
        "no plain array of floats",
    ),
    "weights that the file does not hold": (  # never written: they take no room
        in_weights(lambda weights: weights.create_dataset("huge", (10**6, 10**6), np.float32)),
        "larger than the file",
    ),
    "a soft link": (in_weights(lambda weights: weights.update(soft=h5py.SoftLink("/layers"))), "a link that"),
    "groups that hold each other": (
        in_weights(lambda weights: weights["layers"].update(self=weights["layers"])),
        "larger than the file|neither a group nor an array",
    ),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_file_is_refused(forged, kind):
    changes, message = FORGED[kind]
    with pytest.raises(ModelError, match=message):
        load_network(forged(changes))


def test_a_network_that_does_not_end_with_logits_is_refused(tmp_path):
    pixels = keras.Input((8, 8, 1))
    shares = keras.layers.Softmax()(keras.layers.Dense(3)(keras.layers.Flatten()(pixels)))
    keras.Model(pixels, shares).save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match="does not end with logits"):
        load_network(tmp_path / "other.keras")


def test_weights_that_lie_in_another_file_are_refused(forged, tmp_path):
    (tmp_path / "raw").write_bytes(bytes(3200))
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["0"] = np.ones((5, 5, 1, 32), np.float32)

    def link(kernel: h5py.Group) -> None:
        kernel["0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "0")

    def external(kernel: h5py.Group) -> None:
        outside = [(str(tmp_path / "raw"), 0, 3200)]
        kernel.create_dataset("0", (5, 5, 1, 32), np.float32, external=outside)

    def in_place_of_the_kernel(put: Callable[[h5py.Group], None]):
        def change(weights: h5py.File) -> None:
            del weights["layers/conv2d/vars/0"]
            put(weights["layers/conv2d/vars"])

        return in_weights(change)

    for put, message in ((link, "link that may point out of the file"), (external, "no plain array")):
        with pytest.raises(ModelError, match=message):
            load_network(forged(in_place_of_the_kernel(put)))


def test_a_size_that_a_layer_is_said_to_be_built_with_is_not_believed(forged):
    change = in_config(lambda c: layers_of(c)[-4].update(build_config={"input_shape": [None, 10**10]}))
    assert load_network(forged(change)).count_params() > 0


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_file_cut_short_is_refused(saved, tmp_path, share):
    content = saved.read_bytes()
    (tmp_path / "cut.keras").write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError, match=r"no \.keras file, or is damaged"):
        load_network(tmp_path / "cut.keras")


def test_a_changed_byte_is_noticed(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed.keras").write_bytes(content)
    with pytest.raises(ModelError, match="damaged: Bad CRC-32"):
        load_network(tmp_path / "changed.keras")


def test_another_kind_of_file_is_refused_by_its_name(saved, tmp_path):
    (tmp_path / "model.h5").write_bytes(saved.read_bytes())
    with pytest.raises(ModelError, match=r"no \.keras file by its name"):
        load_network(tmp_path / "model.h5")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.keras cannot be read: No such file"):
        load_network(tmp_path / "none.keras")


def test_the_message_is_one_line_that_cannot_steer_a_terminal(forged):
    with pytest.raises(ModelError) as error:
        load_network(forged({}, extra=[("\x1b[2J\n" + "x" * 500, b"")]))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


def named(config: dict, prefix: str) -> dict:
    """The first layer of a network with branches whose name begins so; Keras numbers them in each process."""
    return next(layer for layer in layers_of(config) if layer["name"].startswith(prefix))


def tensor(name: str, *place: int) -> dict:
    settings = {"shape": [None, 8, 8, 8], "dtype": "float32", "keras_history": [name, *(place or (0, 0))]}
    return {"class_name": "__keras_tensor__", "config": settings}


def reading(layer: str, *tensors: dict):
    def change(config: dict) -> None:
        read = copy.deepcopy(tensors)
        for each in read:
            history = each["config"]["keras_history"]
            if history[0] != "none":
                history[0] = named(config, history[0])["name"]
        named(config, layer)["inbound_nodes"] = [{"args": [read], "kwargs": {}}]

    return change


def second_input(config: dict) -> None:
    other = copy.deepcopy(named(config, PIXELS))
    other["name"] = other["config"]["name"] = "other"
    layers_of(config).insert(1, other)


def same_name(config: dict) -> None:
    first, second, *_ = (layer for layer in layers_of(config) if layer["class_name"] == "ReLU")
    second["config"]["name"] = first["config"]["name"]


def set_in(layer: str, **fields: object):
    return lambda config: named(config, layer)["config"].update(fields)


def called_by(**fields: object):
    return lambda config: named(config, "add").update(fields)


UNFIT = "no network that can be built"
HOSTILE_GRAPHS = {
    "cycle": (reading("conv2d", tensor("probabilities")), UNFIT),
    "own output": (reading("add", tensor("add"), tensor("add")), UNFIT),
    "unknown layer": (reading("add", tensor("none"), tensor("none")), UNFIT),
    "unknown node": (reading("add", tensor(PIXELS, 7, 0)), rf"reads {PIXELS} \[7, 0\], which there is not"),
    "unknown output": (reading("add", tensor(PIXELS, 0, 1)), rf"reads {PIXELS} \[0, 1\], which there is not"),
    "called thousands of times": (
        called_by(inbound_nodes=[{"args": [[tensor(PIXELS)]], "kwargs": {}}] * 3000),
        "calls a layer 3000 times; expected once",
    ),
    "sum of nothing": (reading("add"), UNFIT),
    "two inputs": (second_input, UNFIT),
    "network in a network": (
        called_by(module="keras.src.models.functional", class_name="Functional"),
        "Functional, which is no layer of ours",
    ),
    "layer as an activation": (
        lambda config: named(config, "conv2d")["config"].update(activation=named(config, "logits")),
        r"keras\.layers\.Dense, which is no layer of ours",
    ),
    "two layers of one name": (same_name, UNFIT),
    "weights larger than the file": (set_in("conv2d", filters=10**9), "for which there are no weights"),
    "tensor as an argument": (
        called_by(inbound_nodes=[{"args": [[]], "kwargs": {"mask": tensor(PIXELS)}}]),
        "calls a layer with mask",
    ),
    "shapes that do not fit": (set_in("conv2d", filters=7), UNFIT),
    "logits aside": (reading("probabilities", tensor("rescaling")), "does not end with logits"),
    "no nodes": (lambda config: named(config, "add").pop("inbound_nodes"), UNFIT),
    "nodes of another kind": (called_by(inbound_nodes=[{"args": [3], "kwargs": {}}]), UNFIT),
}


@pytest.mark.parametrize("kind", HOSTILE_GRAPHS)
def test_a_hostile_graph_is_refused(forged, saved_branched, kind):
    change, message = HOSTILE_GRAPHS[kind]
    with pytest.raises(ModelError, match=message):
        load_network(forged(in_config(change), of=saved_branched))


_LOAD_ALL = """
from pathlib import Path
import numpy as np
from inklens.errors import ModelError
from inklens.networks.keras_file import load_network

loaded = refused = 0
for path in sorted(Path("mutants").iterdir()):
    try:
        network = load_network(path)
        network.predict_on_batch(np.zeros((1, *network.input_shape[1:]), np.uint8))
        loaded += 1
    except ModelError:
        refused += 1
print(loaded, refused)
"""


def test_200_mutated_files_neither_crash_the_interpreter_nor_touch_a_file(saved_branched, tmp_path):
    with zipfile.ZipFile(saved_branched) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    random = np.random.default_rng(200)
    (tmp_path / "mutants").mkdir()
    for number in range(200):
        changed = CONFIG if number % 3 == 0 else WEIGHTS
        # HDF5's own structure lies at the beginning; further on there are nothing but weights.
        structure = len(members[changed]) if number % 2 else min(6000, len(members[changed]))
        content = mutated(members[changed][:structure], random) + members[changed][structure:]
        with zipfile.ZipFile(tmp_path / "mutants" / f"{number:03}.keras", "w") as archive:
            for name, whole in members.items():
                archive.writestr(name, content if name == changed else whole)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", _LOAD_ALL]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    loaded, refused = map(int, done.stdout.split())
    assert (loaded + refused, min(loaded, refused) > 20) == (200, True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
