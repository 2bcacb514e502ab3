"""What a training tells whoever watches it: one frozen record at a time, to a plain callback."""

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class EpochProgress:
    """Where a training stands.

    Args:
        epoch: the epoch that runs, from 1.
        epochs: how many there will be.
        step: steps done in this epoch.
        steps: steps in an epoch.
        seconds: time since the epoch began, validation included once `finished`.
        ms_per_step: milliseconds per training step of this epoch.
        loss: mean over the epoch so far, as `accuracy` is (a share of 1).
        val_loss: on the validation images; None until `finished`.
        val_accuracy: share of 1; None until `finished`.
        finished: the epoch is over.
        member: which network of a committee this is about, or "OOD detector", or both; None where there is
            one only.
        side_by_side: other members are trained at the same time, whose records come in between.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    seconds: float
    ms_per_step: float
    loss: float
    accuracy: float
    val_loss: float | None = None
    val_accuracy: float | None = None
    finished: bool = False
    member: str | None = None
    side_by_side: bool = False


Progress = Callable[[EpochProgress], None]


def of_member(progress: Progress | None, member: str) -> Progress | None:
    """The same callback, which is told of `member`, or of a member of that."""
    if progress is None:
        return None

    def tell(now: EpochProgress) -> None:
        progress(replace(now, member=", ".join(filter(None, (member, now.member)))))

    return tell
