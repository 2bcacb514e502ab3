"""Opens pages on a thread, while the network loads and while the page before is read."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from inklens.reading.paper.photo import Box, Page, open_page
from inklens.reading.pdf_pages import picture_of

Opened = tuple[str, Callable[[], Page]]


def prefetch_pages(files: Sequence[str], region: Box | None = None) -> Iterator[Opened]:
    """Open the first file at once and keep one page ahead, no more, so that memory stays flat.

    Args:
        files: paths of photos, scans, or pages of PDFs.
        region: the part of each that is read, as for `open_page`.

    Returns:
        each file, and a function that gives its page or raises what `open_page` raises.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="inklens-open")
    begun = [thread.submit(_open, file, region) for file in files[:1]]
    return _in_turn(thread, begun, files, region)


def _in_turn(
    thread: ThreadPoolExecutor, begun: list[Future[Page]], files: Sequence[str], region: Box | None
) -> Iterator[Opened]:
    with thread:
        for number, file in enumerate(files):
            page = begun.pop()
            begun += [thread.submit(_open, following, region) for following in files[number + 1 :][:1]]
            yield file, page.result


def _open(file: str, region: Box | None) -> Page:
    return open_page(picture_of(file), region)
