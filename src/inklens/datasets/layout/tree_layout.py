"""What the folders of a tree mean: wrappings, parts, or classes. Standard library only."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from inklens.datasets.layout.file_listing import IMAGE_FOLDERS
from inklens.datasets.layout.part_names import is_plain, is_unlabelled, part_of, settled
from inklens.errors import DataError

_WRAPPINGS = 8  # folders in one another that hold nothing but the next


@dataclass
class Layout:
    """The meaning of a tree's folders.

    Args:
        parts: part -> class -> paths; "train" is there always.
        passed: how many images have no class, by where they lie.
        notes: what the folders were taken for, where their names leave it open.
    """

    parts: dict[str, dict[str, list[str]]]
    passed: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


class _Folder(NamedTuple):
    """The images below a folder: those in folders of it, by the folder's name, and those directly in it."""

    inner: dict[str, list[str]]
    loose: list[str]


def layout_of(root: Path, images: list[str]) -> Layout:
    """What the folders mean, by their names and by what lies where.

    Raises:
        DataError: some folders are parts and others are not, there is no part to train on, or the parts have
            no class folders.
    """
    top, depth = _unwrapped(_opened(images, 0), 0)
    folders = {name: _inside(name, paths, depth + 1) for name, paths in top.inner.items()}
    # A part has class folders in it, and no image beside them.
    with_classes = {name for name, folder in folders.items() if folder.inner and not folder.loose}
    parts = {name: part for name in with_classes if (part := part_of(name))}
    layout = Layout({"train": {}})
    if top.loose:
        layout.passed["images in no folder"] = len(top.loose)
    loose_parts = [name for name in folders if name not in with_classes and part_of(name)]
    if len(loose_parts) == len(folders) > 1:
        raise DataError(
            f"{root} holds the parts {_listed(folders)} with images but no class folders in them; expected a "
            "folder for each class in each, or a CSV file of file names and labels beside them"
        )
    if "train" in parts.values() and _are_parts(root, folders, with_classes, parts, loose_parts, layout):
        _take_parts(folders, parts, layout)
        return layout
    if alike := _same_classes(folders, with_classes):
        if parts:
            raise DataError(
                f"{root} holds the folders {_listed(folders)}, each with {_listed(alike)}; expected a "
                "training part among them: call the folder with its images train"
            )
        inner = {name: part for name in alike if (part := part_of(name))}
        if len(inner) == len(alike) and "train" in inner.values():
            return _parts_in_classes(folders, inner, layout)
        if _join(folders, alike, layout, top):
            return layout
    layout.parts["train"] = top.inner
    return layout


def _opened(paths: list[str], depth: int) -> _Folder:
    folder = _Folder({}, [])
    for path in paths:
        pieces = path.split("/", depth + 1)
        if len(pieces) == depth + 2:
            folder.inner.setdefault(pieces[depth], []).append(path)
        else:
            folder.loose.append(path)
    return folder


def _unwrapped(folder: _Folder, depth: int) -> tuple[_Folder, int]:
    """The folder inside folders that hold nothing but one folder of folders, and how deep it lies."""
    for _ in range(_WRAPPINGS):
        if len(folder.inner) != 1:
            break
        only = _opened(next(iter(folder.inner.values())), depth + 1)
        if only.loose or not only.inner:
            break
        folder, depth = _Folder(only.inner, folder.loose), depth + 1
    return folder, depth


def _inside(name: str, paths: list[str], depth: int) -> _Folder:
    """What lies in a folder on top, or in the one folder in it of the same name or part, or called images."""
    folder = _opened(paths, depth)
    for _ in range(_WRAPPINGS):
        only = next(iter(folder.inner), "")
        same = only.lower() in (name.lower(), *IMAGE_FOLDERS)
        same = same or (part_of(name) is not None and part_of(only) == part_of(name))
        if folder.loose or len(folder.inner) != 1 or not same:
            break
        depth += 1
        folder = _opened(paths, depth)
    return folder


def _are_parts(
    root: Path,
    folders: dict[str, _Folder],
    with_classes: set[str],
    parts: dict[str, str],
    loose_parts: list[str],
    layout: Layout,
) -> bool:
    """Whether the folders are parts; those of images without a class are counted as passed over."""
    others = set(folders) - set(parts) - set(loose_parts)
    unlabelled = {
        name for name in others if is_unlabelled(name) or (loose_parts and name not in with_classes)
    }
    several = len(set(parts.values())) > 1 or bool(loose_parts)
    if others - unlabelled:
        if not several:
            return False
        raise DataError(
            f"{root} holds the folders {_listed(folders)}; "
            "expected either one for each class, or train, test and validation with the classes in them"
        )
    for name in (*loose_parts, *unlabelled):
        layout.passed[f"images without a class in {name}"] += len(folders[name].loose)
        layout.passed[f"images without a class in {name}"] += sum(map(len, folders[name].inner.values()))
    return True


def _take_parts(folders: dict[str, _Folder], parts: dict[str, str], layout: Layout) -> None:
    use = settled(set(parts.values()))
    for name, part in parts.items():
        into = layout.parts.setdefault(use[part], {})
        for label, paths in folders[name].inner.items():
            into.setdefault(label, []).extend(paths)
    if not all(map(is_plain, parts)) or len(parts) > len(set(parts.values())):
        named = ", ".join(f"{name} as {use[part]}" for name, part in sorted(parts.items()))
        layout.notes.append(f"parts: {named}")


def _parts_in_classes(folders: dict[str, _Folder], inner: dict[str, str], layout: Layout) -> Layout:
    """The images of each class by the part whose folder they lie in."""
    use = settled(set(inner.values()))
    for label, folder in folders.items():
        for name, paths in folder.inner.items():
            layout.parts.setdefault(use[inner[name]], {}).setdefault(label, []).extend(paths)
    layout.notes.append(f"parts: {_listed(inner)}, which lie in each class")
    return layout


def _same_classes(folders: dict[str, _Folder], with_classes: set[str]) -> list[str]:
    """The folders that lie in every one of two folders or more; none where they differ."""
    inner = [set(folder.inner) for folder in folders.values()]
    if len(inner) < 2 or len(with_classes) < len(folders) or len(inner[0]) < 2:
        return []
    return sorted(inner[0]) if all(one == inner[0] for one in inner) else []


def _join(folders: dict[str, _Folder], alike: list[str], layout: Layout, top: _Folder) -> bool:
    """Takes what lies in every folder for the classes, where that is likelier; says what was decided."""
    if len(alike) > len(folders) or all(len(name) == 1 or name.isdecimal() for name in alike):
        for folder in folders.values():
            for label, paths in folder.inner.items():
                layout.parts["train"].setdefault(label, []).extend(paths)
        layout.notes.append(
            f"taken for classes: {_listed(alike)}, which lie in each of {_listed(folders)}, all of them "
            "training images; call those train, validation and test if they are parts"
        )
        return True
    layout.notes.append(
        f"taken for classes: {_listed(top.inner)}, though each holds the folders {_listed(alike)}; "
        "if those are the classes, call the folders above them train and test"
    )
    return False


def _listed(names: object, most: int = 12) -> str:
    every = sorted(map(str, names))  # type: ignore[call-overload]  # any iterable
    return ", ".join(every[:most] + ["..."] * (len(every) > most))
