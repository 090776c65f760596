"""Rows of a long list, fetched page by page around what is looked at.

Holds a few pages, keeps few requests under way, and asks for what is wanted now: pages that were
passed over while a key was held are never asked for.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from console.tui.widgets.rows import Row, RowObserver

_MOST_UNDER_WAY: Final = 2
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 8.0

Page = tuple[tuple[str, "Row"], ...]


class PagedRows:
    """Rows behind an asynchronous `fetch(at, count)` that returns keys and rows.

    A fetch that raises one of `failures` is reported to `on_failure` and tried again after a pause
    that doubles from 0.5 s to 8 s; `on_failure(None)` says that it works again. Any other exception is
    a defect and surfaces in the task.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], Awaitable[Sequence[tuple[str, Row]]]],
        count: int,
        *,
        page_size: int = 100,
        pages_kept: int = 32,
        failures: tuple[type[Exception], ...] = (OSError, TimeoutError),
        on_failure: Callable[[Exception | None], None] | None = None,
    ) -> None:
        self._fetch = fetch
        self._count = count
        self._page_size = page_size
        self._pages_kept = pages_kept
        self._failures = failures
        self._on_failure = on_failure
        self._observer: RowObserver | None = None
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._places: dict[str, int] = {}
        self._wanted: list[int] = []
        self._first_wanted = 0
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._pause = _FIRST_PAUSE
        self._retry: asyncio.TimerHandle | None = None
        self._failing = False

    @property
    def count(self) -> int:
        return self._count

    def row(self, index: int) -> Row | None:
        pair = self._pair(index)
        return None if pair is None else pair[1]

    def key(self, index: int) -> str | None:
        pair = self._pair(index)
        return None if pair is None else pair[0]

    def _pair(self, index: int) -> tuple[str, Row] | None:
        number, offset = divmod(index, self._page_size)
        page = self._pages.get(number)
        return page[offset] if page is not None and offset < len(page) else None

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def observe(self, observer: RowObserver | None) -> None:
        self._observer = observer

    def want(self, first: int, last: int) -> None:
        """Ask for the pages of these rows, and for one more in the direction of travel."""
        if self._count == 0:
            return
        step = -1 if first < self._first_wanted else 1
        self._first_wanted = first
        first_page = max(0, first) // self._page_size
        last_page = min(last, self._count - 1) // self._page_size
        pages = list(range(first_page, last_page + 1))[::step]
        ahead = pages[-1] + step if pages else -1
        if 0 <= ahead * self._page_size < self._count:
            pages.append(ahead)
        self._wanted = pages
        for number in reversed(pages):
            if number in self._pages:
                self._pages.move_to_end(number)
        self._start()

    def close(self) -> None:
        """Stop every request; what is loaded stays readable."""
        self._wanted = []
        self._observer = None
        for task in self._under_way.values():
            task.cancel()
        if self._retry is not None:
            self._retry.cancel()

    def _start(self) -> None:
        if self._retry is not None:
            return
        for number in self._wanted:
            if len(self._under_way) >= _MOST_UNDER_WAY:
                return
            if number not in self._pages and number not in self._under_way:
                self._under_way[number] = asyncio.get_running_loop().create_task(self._load(number))

    async def _load(self, number: int) -> None:
        at = number * self._page_size
        try:
            rows = await self._fetch(at, min(self._page_size, self._count - at))
        except self._failures as failure:
            self._under_way.pop(number, None)
            self._failed(failure)
            return
        except BaseException:
            self._under_way.pop(number, None)
            raise
        self._under_way.pop(number, None)
        self._arrived(number, tuple(rows))

    def _arrived(self, number: int, page: Page) -> None:
        self._pause = _FIRST_PAUSE
        at = number * self._page_size
        self._pages[number] = page
        for offset, (key, _) in enumerate(page):
            self._places[key] = at + offset
        while len(self._pages) > self._pages_kept:
            for key, _ in self._pages.popitem(last=False)[1]:
                del self._places[key]
        if self._failing:
            self._failing = False
            self._report(None)
        if self._observer is not None and page:
            self._observer.rows_changed(at, at + len(page) - 1)
        self._start()

    def _failed(self, failure: Exception) -> None:
        self._failing = True
        self._report(failure)
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(self._pause, self._try_again)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _try_again(self) -> None:
        self._retry = None
        self._start()

    def _report(self, failure: Exception | None) -> None:
        if self._on_failure is not None:
            self._on_failure(failure)
