"""Training time and accuracy of `fast` against what a user would pick instead, in turn, on this machine.

    python benchmarks/time_to_accuracy.py
    python benchmarks/time_to_accuracy.py --epochs-measured 3
    python benchmarks/time_to_accuracy.py --data sample --epochs-measured 2 --rounds 1 --dry

The others: tutorial A's script in plain Keras, 20 epochs; and the usual PyTorch MNIST example, its network
and schedule in plain PyTorch, 14 epochs (Adadelta, rate 1 falling by 0.7 each epoch, batches of 64), from
tensors in memory, which is kinder to it than decoding each image. Each side is a process of its own and is
timed from its first step to its last, compilation counted in, data loaded before. `--epochs-measured`
trains the others for so many epochs only and takes the rest to last as long as the median of those after
the first: the result says so.
"""

import argparse
import json
import statistics
import tempfile
import time

import inklens
import record
from process import in_child
from same_network import tutorial_model

EPOCHS = {"keras": 20, "torch": 14}


def fast(seed: int, preset: str, data: str) -> dict:
    """Ours, with its validation images held out."""
    recipe = inklens.Recipe.from_preset(preset, seed=seed, backend="tensorflow")
    with tempfile.TemporaryDirectory() as scratch:
        run = inklens.train(inklens.load(data), recipe, output=scratch)
        training, accuracy = run.metrics["training"], run.metrics["test"]["accuracy"]
        precision = run.folder.read_json(run.folder.environment)["precision"]
    said = {"epochs": training["epochs"], "precision": precision, "recipe": recipe.to_dict()}
    return {"seconds": training["seconds"], "accuracy": accuracy, **said}


def plain_keras(seed: int, epochs: int, data: str) -> dict:
    """Tutorial A's script: Keras's defaults throughout."""
    import keras

    keras.utils.set_random_seed(seed)
    x_train, y_train, x_test, y_test = inklens.load(data).arrays()
    model = tutorial_model("conv3x3-triple")
    ends = [time.perf_counter()]
    ended = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.fit(
        x_train, y_train, validation_split=0.1, epochs=epochs, batch_size=128, verbose=0, callbacks=[ended]
    )
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    return {"ends": ends, "accuracy": accuracy, "epochs": epochs}


def plain_torch(seed: int, epochs: int, data: str) -> dict:
    """The example's network and schedule, evaluated on the test images after each epoch, as there."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(seed)
    loaded = inklens.load(data)
    x_train, x_test = (
        (torch.from_numpy(part.whole()).permute(0, 3, 1, 2).float() / 255 - 0.1307) / 0.3081
        for part in (loaded.train, loaded.test)
    )
    y_train, y_test = (torch.from_numpy(part.labels).long() for part in (loaded.train, loaded.test))
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
        nn.LogSoftmax(dim=1),
    )
    batches = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    ends = [time.perf_counter()]
    for _ in range(epochs):
        model.train()
        for pixels, labels in batches:
            optimizer.zero_grad()
            nn.functional.nll_loss(model(pixels), labels).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            said = torch.cat([model(pixels).argmax(dim=1) for pixels in x_test.split(1000)])
        schedule.step()
        ends.append(time.perf_counter())
    return {"ends": ends, "accuracy": (said == y_test).float().mean().item(), "epochs": epochs}


def whole(side: str, found: dict) -> dict:
    """Seconds of the whole training; where fewer epochs were measured, they are scaled, and that is said."""
    lasted = [later - earlier for earlier, later in zip(found["ends"], found["ends"][1:], strict=False)]
    missing = EPOCHS[side] - len(lasted)
    rest = missing * statistics.median(lasted[1:]) if missing else 0.0
    scaled = {"scaled": True, "accuracy_after_epochs": len(lasted)} if missing else {"scaled": False}
    figures = {"seconds": sum(lasted) + rest, "measured_seconds": sum(lasted), **scaled}
    return {**figures, "accuracy": found["accuracy"], "epoch_seconds": lasted}


def measured(side: str, seed: int, given: argparse.Namespace) -> dict:
    """A side of a round, from a process of its own."""
    if side == "fast":
        return in_child(fast, seed, given.preset, given.data)
    train = {"keras": plain_keras, "torch": plain_torch}[side]
    epochs = min(given.epochs_measured or EPOCHS[side], EPOCHS[side])
    return whole(side, in_child(train, seed, epochs, given.data))


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs-measured", type=int, help="of the others, 2 or more; default: all")
    parser.add_argument("--against", nargs="+", choices=EPOCHS, default=list(EPOCHS))
    given = parser.parse_args()
    if given.epochs_measured is not None and given.epochs_measured < 2:
        parser.error("--epochs-measured needs 2 or more: the first is not like the others")
    rounds = []
    for number in range(given.rounds):
        rounds.append({side: measured(side, number, given) for side in ("fast", *given.against)})
        said = ", ".join(f"{side} {one['seconds']:.1f} s" for side, one in rounds[-1].items())
        print(f"round {number + 1}: {said}", flush=True)
    sides = {
        side: {
            "median_seconds": statistics.median(one[side]["seconds"] for one in rounds),
            "mean_accuracy": statistics.mean(one[side]["accuracy"] for one in rounds),
            **({} if side == "fast" else {"scaled": rounds[0][side]["scaled"]}),
        }
        for side in rounds[0]
    }
    ratios = {
        side: statistics.median(one[side]["seconds"] / one["fast"]["seconds"] for one in rounds)
        for side in given.against
    }
    figures = {
        "preset": given.preset,
        "data": given.data,
        **sides,
        "times_less_time_than": ratios,
        "rounds": rounds,
    }
    print(json.dumps({**sides, "times_less_time_than": ratios}, indent=2))
    name = f"time_to_accuracy-{given.preset}" + ("" if given.data == "mnist" else f"-{given.data}")
    record.write(name, figures, dry=given.dry)


if __name__ == "__main__":
    main()
