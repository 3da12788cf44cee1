"""Makes a real Flask application out of the ``app`` part of a lifecycle vector.

A vector describes an application as data: its hooks, views, error handlers and
blueprints, each with a list of actions. ``build`` registers ordinary functions with
Flask that carry those actions out, so that whatever happens is Flask's own doing.

Works with Flask 2.0 to 3.1.
"""

import asyncio
import contextvars
import keyword
import re
import threading
import time
import types
from typing import Any, Callable, Dict, Iterator, List, Optional, Type, Union

import flask
import werkzeug.exceptions
from flask.views import MethodView

Action = Dict[str, Any]
Owner = Union[flask.Flask, flask.Blueprint]

BUILT_IN_ERRORS: List[Type[Exception]] = [
    Exception, ValueError, TypeError, RuntimeError, OSError, TimeoutError, LookupError,
    KeyError, IndexError, ArithmeticError, ZeroDivisionError,
]
HTTP_ERRORS: List[str] = [
    "HTTPException", "BadRequest", "BadRequestKeyError", "Unauthorized", "Forbidden",
    "NotFound", "MethodNotAllowed", "Conflict", "Gone", "UnsupportedMediaType",
    "ImATeapot", "InternalServerError",
]

# What an action gives when the function is to go on with the next one. None will not
# do, because a function may well return None.
GO_ON = object()


def mark(label: str, *value: Any) -> None:
    """Records a mark. One with the value None is not the same as one without a value."""
    # Imported on use: an application can then be built where the extension is missing.
    from inspector_flask import mark as record
    record(label, *value)


def identifier(endpoint: str) -> str:
    """The last part of an endpoint, changed as little as possible to be a Python name."""
    name = re.sub(r"\W", "_", endpoint.rsplit(".", 1)[-1])
    if not name or name[0].isdigit():
        name = "_" + name
    return name + "_" if keyword.iskeyword(name) else name


class Call:
    """One call of a function: what Flask handed to it."""

    def __init__(
        self,
        args: Optional[Dict[str, Any]] = None,
        values: Optional[Dict[str, Any]] = None,
        response: Optional[flask.Response] = None,
        error: Optional[BaseException] = None,
    ) -> None:
        self.args = args or {}
        # The arguments themselves, not a copy: a preprocessor takes some of them away.
        self.values = values
        self.response = response
        self.error = error

    def wants(self, action: Action) -> bool:
        """Whether the conditions of an action are met."""
        if "if_path" in action or "if_method" in action:
            # A function that runs without a request cannot meet a condition about one.
            if not flask.has_request_context():
                return False
            if action.get("if_path", flask.request.path) != flask.request.path:
                return False
            if action.get("if_method", flask.request.method) != flask.request.method:
                return False
        if "if_status" in action:
            return self.response is not None and self.response.status_code == action["if_status"]
        return True

    def result(self, value: Any) -> Any:
        """What the function returns for the value of its last action."""
        if self.response is None:
            return None if value is GO_ON else value
        # An after hook has to return a response object and nothing short of it.
        return self.response if value is GO_ON else flask.make_response(value)


# How Flask calls each kind of function. The app-wide hooks of a blueprint are called
# like the others, so KINDS leads from a hook's name to its kind.
CALLS: Dict[str, Callable[..., Call]] = {
    "url_value_preprocessor": lambda endpoint, values: Call(values=values),
    "before_request": lambda: Call(),
    "after_request": lambda response: Call(response=response),
    "teardown": lambda error: Call(),
    "error_handler": lambda error: Call(error=error),
    "view": lambda **args: Call(args=args),
    "method": lambda self, **args: Call(args=args),
}
KINDS: Dict[str, str] = {
    "url_value_preprocessor": "url_value_preprocessor",
    "app_url_value_preprocessor": "url_value_preprocessor",
    "before_request": "before_request",
    "before_app_request": "before_request",
    "after_request": "after_request",
    "after_app_request": "after_request",
    "teardown_request": "teardown",
    "teardown_app_request": "teardown",
    "teardown_appcontext": "teardown",
}


class Builder:
    """Builds one application; holds what its functions share."""

    def __init__(self, description: Dict[str, Any]) -> None:
        self.description = description
        # One of each for an application, so that two of them in a process never meet.
        # A context variable is never freed, but there are only as many as vectors.
        self.variable: "contextvars.ContextVar[Any]" = contextvars.ContextVar("vector", default=None)
        self.local = threading.local()
        # Tasks nobody waits for: the loop holds them only weakly.
        self.spawned: "set[asyncio.Future[None]]" = set()
        self.errors: Dict[str, Type[BaseException]] = {
            error.__name__: error for error in BUILT_IN_ERRORS
        }
        for name in HTTP_ERRORS:
            self.errors[name] = getattr(werkzeug.exceptions, name)

    # Registration

    def build(self) -> flask.Flask:
        """The finished application."""
        for new in self.description.get("exceptions", []):
            body = {key: new[key] for key in ("code", "description") if key in new}
            self.errors[new["name"]] = type(new["name"], (self.errors[new["base"]],), body)

        # Without a static folder, or there would be a route that no vector knows of.
        app = flask.Flask(__name__, static_folder=None)
        config = self.description.get("config", {})
        app.url_map.strict_slashes = config.get("strict_slashes", True)
        app.url_map.merge_slashes = config.get("merge_slashes", True)
        app.config["PROPAGATE_EXCEPTIONS"] = config.get("propagate_exceptions", False)
        app.config["TRAP_HTTP_EXCEPTIONS"] = config.get("trap_http_exceptions", False)

        self.fill(app, self.description)
        return app

    def fill(self, owner: Owner, description: Dict[str, Any]) -> None:
        """Registers everything on an application or a blueprint, in the agreed order."""
        for hook in description.get("hooks", []):
            on = hook["on"]
            # The hooks are named after the methods that register them.
            getattr(owner, on)(self.function(KINDS[on], hook["name"], hook))

        views: Dict[str, Callable[..., Any]] = {}
        for route in description.get("routes", []):
            self.add_route(owner, route, views)

        for handler in description.get("error_handlers", []):
            wanted = handler["for"]
            target = wanted if isinstance(wanted, int) else self.errors[wanted]
            function = self.function("error_handler", handler["name"], handler)
            if handler.get("app_wide") and isinstance(owner, flask.Blueprint):
                owner.app_errorhandler(target)(function)
            else:
                owner.register_error_handler(target, function)

        for inner in description.get("blueprints", []):
            blueprint = flask.Blueprint(inner["name"], __name__, url_prefix=inner.get("url_prefix"))
            # A blueprint has to be complete before it is registered.
            self.fill(blueprint, inner)
            owner.register_blueprint(blueprint)

    def add_route(
        self, owner: Owner, route: Dict[str, Any], views: Dict[str, Callable[..., Any]]
    ) -> None:
        """Registers a rule with its view; ``views`` holds those of the same owner so far."""
        if "alias_of" in route:
            endpoint = route["alias_of"]
        else:
            endpoint = route["endpoint"]
            views[endpoint] = self.view(identifier(endpoint), route)
        # Only what the vector gives: what it leaves out is for Flask to decide.
        given = ("methods", "strict_slashes", "defaults", "provide_automatic_options")
        options = {key: route[key] for key in given if key in route}
        owner.add_url_rule(route["rule"], endpoint=endpoint, view_func=views[endpoint], **options)

    def view(self, name: str, route: Dict[str, Any]) -> Callable[..., Any]:
        """The view of a route: a plain function, or one made from a class."""
        if "class_view" not in route:
            return self.function("view", name, route)
        methods = {
            method: self.function("method", method, described)
            for method, described in route["class_view"].items()
        }
        made = types.new_class(name, (MethodView,), {}, lambda body: body.update(methods))
        return made.as_view(name)

    def function(self, kind: str, name: str, description: Dict[str, Any]) -> Callable[..., Any]:
        """A function that carries out the actions of a description."""
        begin = CALLS[kind]
        actions: List[Action] = description.get("do", [])
        is_async = description.get("async", False)
        performers = self.AWAITING if is_async else self.BLOCKING
        for action in actions:
            # Told here, a mistake in a vector does not pass for an error of the view.
            op = action["op"]
            if op not in performers and not hasattr(self, "do_" + op):
                raise ValueError(f"{name}: no such action in this kind of function: {op}")

        if is_async:
            async def made(*args: Any, **kwargs: Any) -> Any:
                call = begin(*args, **kwargs)
                for action in filter(call.wants, actions):
                    if action["op"] in performers:
                        await performers[action["op"]](self, action)
                        continue
                    value = getattr(self, "do_" + action["op"])(action, call)
                    if value is not GO_ON:
                        return call.result(value)
                return call.result(GO_ON)
        else:
            def made(*args: Any, **kwargs: Any) -> Any:
                call = begin(*args, **kwargs)
                for action in filter(call.wants, actions):
                    if action["op"] in performers:
                        performers[action["op"]](self, action)
                        continue
                    value = getattr(self, "do_" + action["op"])(action, call)
                    if value is not GO_ON:
                        return call.result(value)
                return call.result(GO_ON)

        made.__name__ = made.__qualname__ = name
        return made

    # Actions that take time, in functions that block

    def block(self, action: Action) -> None:
        """sleep"""
        time.sleep(action["ms"] / 1000)

    def block_sequence(self, action: Action) -> None:
        """sequence"""
        for task in action["tasks"]:
            mark(task["label"] + ":start")
            time.sleep(task["ms"] / 1000)
            self.end_task(task)

    # Actions that take time, in coroutines

    async def wait(self, action: Action) -> None:
        """sleep"""
        await asyncio.sleep(action["ms"] / 1000)

    async def wait_sequence(self, action: Action) -> None:
        """sequence"""
        for task in action["tasks"]:
            await self.task(task)

    async def gather(self, action: Action) -> None:
        """gather"""
        await asyncio.gather(*(self.task(task) for task in action["tasks"]))

    async def spawn(self, action: Action) -> None:
        """spawn"""
        task = asyncio.ensure_future(self.task(action))
        self.spawned.add(task)
        task.add_done_callback(self.spawned.discard)

    async def wait_for(self, action: Action) -> None:
        """wait_for"""
        try:
            await asyncio.wait_for(self.task(action), action["timeout_ms"] / 1000)
        except asyncio.TimeoutError:
            # Before Python 3.11 this is a class of its own, which no handler for
            # TimeoutError would take.
            raise TimeoutError() from None

    async def task(self, task: Action) -> None:
        """A task that marks how it begins and how it ends."""
        mark(task["label"] + ":start")
        try:
            await asyncio.sleep(task["ms"] / 1000)
        except asyncio.CancelledError:
            mark(task["label"] + ":cancelled")
            raise
        self.end_task(task)

    def end_task(self, task: Action) -> None:
        """The end of a task that was not cancelled."""
        if task.get("fail"):
            mark(task["label"] + ":fail")
            raise ValueError(task["label"])
        mark(task["label"] + ":end")

    BLOCKING: Dict[str, Callable[..., Any]] = {"sleep": block, "sequence": block_sequence}
    AWAITING: Dict[str, Callable[..., Any]] = {
        "sleep": wait,
        "sequence": wait_sequence,
        "gather": gather,
        "spawn": spawn,
        "wait_for": wait_for,
    }

    # Actions that end the function

    def do_return(self, action: Action, call: Call) -> Any:
        # The shortest form there is, since each form takes a path of its own in Flask.
        if "headers" in action:
            return action["body"], action.get("status", 200), action["headers"]
        return self.with_status(action["body"], action)

    def do_return_json(self, action: Action, call: Call) -> Any:
        # Left to Flask to convert: version 2.0 does not take a list, and is to show it.
        return self.with_status(action["value"], action)

    def do_return_args(self, action: Action, call: Call) -> Any:
        def describe(value: Any) -> Dict[str, Any]:
            kind = type(value).__name__.lower()
            return {"type": kind, "value": str(value) if kind == "uuid" else value}

        return {name: describe(value) for name, value in call.args.items()}

    def do_return_g(self, action: Action, call: Call) -> Any:
        return {key: flask.g.get(key) for key in action["keys"]}

    def do_return_request(self, action: Action, call: Call) -> Any:
        request = flask.request
        return {
            "method": request.method,
            "path": request.path,
            "query": request.args.to_dict(flat=False),
            "form": request.form.to_dict(flat=False),
            "cookies": request.cookies.to_dict(),
        }

    def do_return_parsed_json(self, action: Action, call: Call) -> Any:
        return {"json": flask.request.get_json()}

    def do_return_exc(self, action: Action, call: Call) -> Any:
        parts = [type(call.error).__name__]
        code = getattr(call.error, "code", None)
        if isinstance(call.error, werkzeug.exceptions.HTTPException) and code is not None:
            parts.append(str(code))
        original = getattr(call.error, "original_exception", None)
        if original is not None:
            parts.append(type(original).__name__)
        return self.with_status(":".join(parts), action)

    def do_return_e(self, action: Action, call: Call) -> Any:
        return call.error

    def do_redirect(self, action: Action, call: Call) -> Any:
        return flask.redirect(action["location"], code=action.get("code", 302))

    def do_stream(self, action: Action, call: Call) -> Any:
        def pieces() -> Iterator[str]:
            for i, chunk in enumerate(action["chunks"]):
                if action.get("fail_at") == i:
                    raise ValueError(f"piece {i}")
                yield chunk

        body = pieces()
        if action.get("with_context"):
            body = flask.stream_with_context(body)
        return flask.Response(body, mimetype="text/plain")

    def with_status(self, value: Any, action: Action) -> Any:
        """A value to return, together with the status if the action gives one."""
        return (value, action["status"]) if "status" in action else value

    # Actions that raise

    def do_raise(self, action: Action, call: Call) -> Any:
        error = self.errors[action["error"]]
        message = action.get("message")
        if not message:
            raise error()
        if issubclass(error, werkzeug.exceptions.HTTPException):
            # By name, as the first argument is not the description in all of them.
            raise error(description=message)
        raise error(message)

    def do_reraise(self, action: Action, call: Call) -> Any:
        raise call.error

    def do_abort(self, action: Action, call: Call) -> Any:
        flask.abort(action["code"])

    def do_need_arg(self, action: Action, call: Call) -> Any:
        flask.request.args[action["name"]]
        return GO_ON

    def do_need_json(self, action: Action, call: Call) -> Any:
        flask.request.get_json()
        return GO_ON

    # Actions that change or record something

    def do_set_header(self, action: Action, call: Call) -> Any:
        call.response.headers[action["name"]] = action["value"]
        return GO_ON

    def do_add_header_item(self, action: Action, call: Call) -> Any:
        headers = call.response.headers
        before = headers.get(action["name"])
        headers[action["name"]] = f"{before},{action['value']}" if before else action["value"]
        return GO_ON

    def do_set_status(self, action: Action, call: Call) -> Any:
        call.response.status_code = action["status"]
        return GO_ON

    def do_set_g(self, action: Action, call: Call) -> Any:
        setattr(flask.g, action["key"], action["value"])
        return GO_ON

    def do_mark_g(self, action: Action, call: Call) -> Any:
        mark("g." + action["key"], flask.g.get(action["key"]))
        return GO_ON

    def do_set_var(self, action: Action, call: Call) -> Any:
        self.variable.set(action["value"])
        return GO_ON

    def do_mark_var(self, action: Action, call: Call) -> Any:
        mark("var", self.variable.get())
        return GO_ON

    def do_set_local(self, action: Action, call: Call) -> Any:
        self.local.value = action["value"]
        return GO_ON

    def do_mark_local(self, action: Action, call: Call) -> Any:
        mark("local", getattr(self.local, "value", None))
        return GO_ON

    def do_pop_arg(self, action: Action, call: Call) -> Any:
        # There are no values at all when no rule matched.
        if call.values and action["name"] in call.values:
            setattr(flask.g, action["name"], call.values.pop(action["name"]))
        return GO_ON

    def do_mark(self, action: Action, call: Call) -> Any:
        mark(action["label"])
        return GO_ON

    def do_after_this_request(self, action: Action, call: Call) -> Any:
        flask.after_this_request(self.function("after_request", action["name"], action))
        return GO_ON


def build(description: Dict[str, Any]) -> flask.Flask:
    """Makes the application that the ``app`` part of a vector describes."""
    return Builder(description).build()
