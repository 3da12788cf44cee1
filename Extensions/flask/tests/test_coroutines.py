"""A coroutine that is driven by the extension cannot tell: results, errors, cancels and closes are Python's own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import types
import warnings
import weakref
from typing import Any, Callable, Generator, List, Tuple

import pytest
from conftest import LONG, Told

import inspector_flask

_SAME = KeyError("always the same")


def a_span() -> Any:
    request = inspector_flask._Request("1" * 32)
    return inspector_flask._Span(request, None, "test", "view", 1, 1, None, None)


async def driven(made: Callable[[], Any]) -> Any:
    return await inspector_flask._drive(made(), a_span())


async def bare(made: Callable[[], Any]) -> Any:
    return await made()


def outcome(run: Callable[..., Any], made: Callable[[], Any]) -> Tuple[Any, ...]:
    """What comes out: the value, or the error with its cause, its context and whether it is the very one."""
    async def main() -> Any:
        return await asyncio.wait_for(run(made), LONG)

    try:
        return ("value", asyncio.run(main()))
    except BaseException as error:  # noqa: BLE001
        def chain(one: Any) -> Any:
            return None if one is None else (type(one), str(one), chain(one.__cause__), chain(one.__context__))

        return ("error", chain(error), error is _SAME)


async def gives() -> str:
    return "value"


async def sleeps() -> str:
    await asyncio.sleep(0)
    await asyncio.sleep(0.001)
    return "slept"


async def raises_same() -> None:
    await asyncio.sleep(0)
    raise _SAME


async def raises_from() -> None:
    try:
        await fails()
    except ValueError as error:
        raise RuntimeError("outer") from error


async def raises_in_context() -> None:
    try:
        await fails()
    except ValueError:
        raise RuntimeError("outer")


async def fails() -> None:
    await asyncio.sleep(0)
    raise ValueError("inner")


async def stops() -> None:
    await asyncio.sleep(0)
    raise StopIteration("not a result")


async def stops_async() -> None:
    raise StopAsyncIteration("not a result")


async def cancels_itself() -> None:
    asyncio.current_task().cancel()  # type: ignore[union-attr]
    await asyncio.sleep(LONG)


async def survives_a_cancel() -> str:
    asyncio.current_task().cancel()  # type: ignore[union-attr]
    try:
        await asyncio.sleep(LONG)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if hasattr(task, "uncancel"):
            task.uncancel()  # type: ignore[union-attr]
        await asyncio.sleep(0)
        return "survived"
    return "not cancelled"


async def times_out() -> None:
    await asyncio.wait_for(asyncio.sleep(LONG), 0.005)


async def a_future_fails() -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, _SAME)
    await future


class Own:
    """An awaitable that is no coroutine."""

    def __await__(self) -> Generator[Any, Any, str]:
        yield from asyncio.sleep(0).__await__()
        return "own"


@types.coroutine
def old_style() -> Generator[Any, Any, str]:
    yield
    return "old"


async def awaits_own() -> Tuple[str, str]:
    return await Own(), await old_style()


async def generators() -> List[int]:
    async def numbers() -> Any:
        try:
            for number in range(5):
                await asyncio.sleep(0)
                yield number
        finally:
            await asyncio.sleep(0)

    found = []
    async with contextlib.AsyncExitStack() as stack:
        made = numbers()
        stack.push_async_callback(made.aclose)
        async for number in made:
            found.append(number)
            if number == 2:
                break
    return found


async def not_awaitable() -> None:
    await 3  # type: ignore[misc]


async def awaits_twice() -> None:
    one = gives()
    await one
    await one


async def yields_what_no_loop_takes() -> None:
    @types.coroutine
    def odd() -> Any:
        yield "a string"

    await odd()


async def leaves() -> None:
    await asyncio.sleep(0)
    raise SystemExit(3)


async def many_polls() -> int:
    for _ in range(500):
        await asyncio.sleep(0)
    return 500


@pytest.mark.parametrize("made", [
    gives, sleeps, raises_same, raises_from, raises_in_context, stops, stops_async, cancels_itself, survives_a_cancel,
    times_out, a_future_fails, awaits_own, generators, not_awaitable, awaits_twice, yields_what_no_loop_takes, leaves,
    many_polls,
])
def test_the_same_comes_out(made: Callable[[], Any], told: Told) -> None:
    _SAME.__traceback__ = _SAME.__context__ = _SAME.__cause__ = None
    expected = outcome(bare, made)
    _SAME.__traceback__ = _SAME.__context__ = _SAME.__cause__ = None
    assert outcome(driven, made) == expected


# By hand, step for step: what each `send`, `throw` and `close` gives.

class Log(List[Any]):
    """Steps of a coroutine, as they are seen from within."""


@types.coroutine
def suspend(value: Any) -> Generator[Any, Any, Any]:
    return (yield value)


async def steps(log: Log) -> str:
    try:
        log.append(await suspend(1))
        try:
            log.append(await suspend(2))
        except LookupError as error:
            log.append(error)
        log.append(await suspend(3))
    except GeneratorExit:
        log.append("closing")
        raise
    finally:
        log.append("finally")
    return "end"


async def ignores_close(log: Log) -> None:
    try:
        await suspend(1)
    except GeneratorExit:
        await suspend(2)


async def turns_close(log: Log) -> None:
    try:
        await suspend(1)
    except GeneratorExit:
        raise ValueError("instead") from None


ERROR = LookupError("thrown")


def act(coroutine: Any, acts: List[Any]) -> List[Any]:
    found: List[Any] = []
    for name, *values in acts:
        try:
            found.append(getattr(coroutine, name)(*values))
        except BaseException as error:  # noqa: BLE001
            found.append((type(error), str(error), error is ERROR))
    return found


# One that is ended before it began never begins what it was to drive.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("made", [steps, ignores_close, turns_close])
@pytest.mark.parametrize("acts", [
    [("send", None), ("send", "a"), ("send", "b"), ("send", "c")],
    [("send", None), ("send", "a"), ("throw", ERROR), ("send", "c")],
    [("send", None), ("throw", ERROR), ("send", None)],
    [("send", None), ("throw", LookupError), ("send", None)],
    [("send", None), ("throw", GeneratorExit()), ("close",)],
    [("send", None), ("close",), ("close",)],
    [("send", None), ("send", 1), ("throw", ERROR), ("close",)],
    [("send", None), ("throw", asyncio.CancelledError("why")), ("send", None)],
    [("send", None), ("throw", StopIteration("odd")), ("send", None)],
    [("throw", ERROR), ("send", None)],
    [("close",), ("send", None)],
])
def test_step_for_step(made: Any, acts: List[Any], told: Told) -> None:
    def run(wrap: Callable[[Any], Any]) -> Tuple[List[Any], List[Any]]:
        log = Log()
        ERROR.__traceback__ = ERROR.__context__ = None
        return act(wrap(made(log)), acts), list(log)

    async def through(coroutine: Any) -> Any:
        return await coroutine

    async def watched(coroutine: Any) -> Any:
        return await inspector_flask._drive(coroutine, a_span())

    assert run(watched) == run(through)


def test_there_is_no_ring(told: Told) -> None:
    class Held:
        pass

    async def fails_with(held: Held) -> None:
        await asyncio.sleep(0)
        raise ValueError("with frames")

    async def main() -> "weakref.ref[Held]":
        held = Held()
        span = a_span()
        try:
            await inspector_flask._drive(fails_with(held), span)
        except ValueError as error:
            inspector_flask._finish(span, error)
        return weakref.ref(held)

    gc.collect()
    gc.disable()
    try:
        assert asyncio.run(main())() is None, "only the collector would free it"
    finally:
        gc.enable()


def test_a_task_that_is_cancelled_before_it_begins(told: Told) -> None:
    """Python warns of a coroutine that was never awaited; of this one it does not without us either."""
    async def child() -> None:
        await asyncio.sleep(LONG)

    async def main(is_watched: bool) -> None:
        if is_watched:
            asyncio.get_running_loop().set_task_factory(inspector_flask._make_task)
            inspector_flask._current.set(a_span())
        task = asyncio.get_running_loop().create_task(child())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for is_watched in (False, True):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            asyncio.run(main(is_watched))
            gc.collect()
        assert [str(one.message) for one in caught if issubclass(one.category, RuntimeWarning)] == []


def test_a_task_that_nobody_ends(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """It is closed by the collector, in another context: without a word of ours."""
    unraised: List[Any] = []

    async def child() -> None:
        await asyncio.get_running_loop().create_future()

    loop = asyncio.new_event_loop()
    loop.set_task_factory(inspector_flask._make_task)
    loop.set_exception_handler(lambda *_: None)
    context = __import__("contextvars").copy_context()

    def begin() -> None:
        inspector_flask._current.set(a_span())
        loop.create_task(child())

    context.run(begin)
    loop.run_until_complete(asyncio.sleep(0))
    import sys

    before, sys.unraisablehook = sys.unraisablehook, unraised.append
    try:
        loop.close()
        del loop, context, begin
        gc.collect()
    finally:
        sys.unraisablehook = before
    assert [one for one in unraised if isinstance(one.exc_value, ValueError)] == []


def test_a_task_looks_like_itself(told: Told) -> None:
    async def child() -> str:
        await asyncio.sleep(0)
        return "done"

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(inspector_flask._make_task)
        inspector_flask._current.set(a_span())
        task = asyncio.create_task(child(), name="mine")
        assert task.get_name() == "mine"
        assert "child" in repr(task)
        assert asyncio.iscoroutine(task.get_coro())
        results = await asyncio.gather(task, child(), asyncio.sleep(0, "slept"))
        with pytest.raises(ValueError):
            await asyncio.gather(fails(), child())
        return results

    assert asyncio.run(main()) == ["done", "done", "slept"]
    names = [span.name.rpartition(".")[2] for span in told.kinds("task")]
    assert names.count("child") == 3 and "fails" in names


def test_the_awaits_have_names(told: Told) -> None:
    async def view() -> None:
        await asyncio.sleep(0.001)
        await asyncio.gather(asyncio.sleep(0.001), asyncio.sleep(0.001))
        await Own()

    async def main() -> None:
        await inspector_flask._drive(view(), a_span())

    asyncio.run(main())
    assert [span.name for span in told.kinds("await")][:2] == ["sleep", "gather"]
