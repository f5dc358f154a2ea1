"""The shape that all mutations share: an input becomes a use case's values, a record becomes a payload.

What a create input says once, the update input of the same kind says again with everything optional, so it is derived:

| in the create input | left out of the update | null in the update |
|---|---|---|
| may be null, and the record has a value for "nothing" | unchanged | nothing |
| anything else | unchanged | unchanged |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, TypeVar, get_type_hints

import strawberry
from strawberry import ID, UNSET

from api import types
from api.types import Info, Revision, Scene
from scenes import compose, model

R = TypeVar("R", bound=model.Record)

TITLE = f"Name for people, at most {compose.MAX_TITLE} characters."
TEXT = f"Plain text, at most {compose.MAX_TEXT:,} characters."
AUDIENCE = "Who may know of it, of those who may see the scene."
PUBLIC = model.Visibility.PUBLIC
REASON = "Note for the history; made up where empty."
EXPECTED = "Revision at which the record was read; CONFLICT where it has changed since. Null: not asked."
UNCHANGED = " Left out or null: unchanged."
_CLEARED = " Left out: unchanged."

Id = Annotated[ID, strawberry.argument(description="Id of what is meant.")]
Reason = Annotated[str, strawberry.argument(description=REASON)]
Expected = Annotated[int | None, strawberry.argument(description=EXPECTED)]

_NOT_VALUES = {"id", "expected_revision", "reason"}
_NOT_CHANGED = {"scene", "reason"}
_PAYLOADS: dict[str, type[Any]] = {}
"""by the word for what they answer: GraphQL knows a type by its name, so each is made once"""


def given(description: str, **default: Any) -> Any:
    """A field of an input."""
    return strawberry.field(description=description, **default)


def values(given_input: object) -> dict[str, Any]:
    """What an input says, by the names of the use case; what was left out is left out."""
    found: dict[str, Any] = {}
    for each in fields(given_input):  # type: ignore[arg-type]  # every input is a dataclass
        value = getattr(given_input, each.name)
        if each.name in _NOT_VALUES or value is UNSET:
            continue
        if value is not None:
            found[each.name] = _value(value)
        elif each.default is UNSET:
            found[each.name] = compose.CLEAR
    if "citations" in found:
        found["sources"] = [*found.get("sources", ()), *found.pop("citations")]
    return found


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(each) for each in value]
    made = getattr(value, "made", None)
    return value if made is None else made()


def update_input(create_input: type[Any], kind: type[Any], *, leave_out: frozenset[str] = frozenset()) -> type[Any]:
    """The input that changes what `create_input` makes, by the table above."""
    word = kind.__name__
    hints = get_type_hints(create_input, include_extras=True)
    has_nothing = {each.name for each in fields(kind) if each.default is not MISSING}
    annotations: dict[str, Any] = {"id": ID}
    namespace: dict[str, Any] = {"id": given("What is changed.")}
    for each in fields(create_input):
        if each.name in _NOT_CHANGED | leave_out:
            continue
        said = each.description or ""  # type: ignore[attr-defined]  # Strawberry's fields have one
        is_clearable = each.default is None and each.name in has_nothing
        annotations[each.name] = hints[each.name] | None
        namespace[each.name] = (
            given(said + _CLEARED, default=UNSET) if is_clearable else given(said + UNCHANGED, default=None)
        )
    annotations |= {"expected_revision": int | None, "reason": str}
    namespace |= {"expected_revision": given(EXPECTED, default=None), "reason": given(REASON, default="")}
    made = type(f"Update{word}Input", (), {"__doc__": "Derived.", "__annotations__": annotations, **namespace})
    return strawberry.input(made, description=f"What changes of {_a(word)}.")


_MORE: Mapping[type[Any], tuple[type[Any], ...]] = {
    types.ChronologyStatement: (types.Touching,),
    types.Exhibition: (types.Copied,),
}
"""what some mutations answer beside"""


def payload(shown: type[Any], *, owner: type[Any] | None = Scene) -> type[Any]:
    """What a mutation answers: the record, what it belongs to, and the revision."""
    word = shown.__name__
    if word in _PAYLOADS:
        return _PAYLOADS[word]
    name = _snake(word)
    annotations: dict[str, Any] = {name: shown}
    namespace: dict[str, Any] = {
        name: strawberry.field(description="As it stands now; where it was removed, as it stood.")
    }
    if owner is not None:
        annotations[_snake(owner.__name__)] = owner
        namespace[_snake(owner.__name__)] = strawberry.field(description="What it belongs to, as it stands now.")
    annotations["revision"] = Revision
    namespace["revision"] = strawberry.field(description="The change.")
    bases = _MORE.get(shown, ())
    made = type(f"{word}Payload", bases, {"__doc__": "Answer.", "__annotations__": annotations, **namespace})
    _PAYLOADS[word] = strawberry.type(made, description=f"{_a(word).capitalize()} was made, changed or removed.")
    return _PAYLOADS[word]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of record is made, changed and removed through GraphQL."""

    kind: type[Any]
    create: type[Any] | None
    update: type[Any]
    makes: str = ""
    """what the schema says of making one, where there is more to say"""
    owner: type[Any] | None = Scene
    removes: str | None = ""
    """what it says of removing one, likewise; None: it cannot be"""

    def fields(self) -> Mapping[str, Any]:
        """Its mutations by name."""
        shown = types.VIEWS[self.kind]
        word = shown.__name__
        said, answer = _a(word), payload(shown, owner=self.owner)
        found = {}
        if self.create is not None:
            found[f"create_{_snake(word)}"] = _with_input(
                self.create, answer, _creating(self.kind, answer), f"Make {said}. {self.makes}".strip()
            )
        found[f"update_{_snake(word)}"] = _with_input(
            self.update, answer, _updating(self.kind, answer), f"Change what is said of {said}."
        )
        if self.removes is not None:
            removed = f"End {said}. {self.removes} IN_USE where something still needs it. Its history stays."
            found[f"remove_{_snake(word)}"] = strawberry.field(
                _removing(self.kind, answer), description=" ".join(removed.split())
            )
        return found


async def done(info: Info, use_case: Callable[..., compose.Done[R]], *args: Any, **more: Any) -> compose.Done[R]:
    """Run a use case of the museum; what was read before it is out of date."""
    context = info.context
    result = await context.services.call(use_case, *args, **more)
    context.forget()
    return result


async def answered(info: Info, result: compose.Done[Any], answer: type[Any]) -> Any:
    """The payload of what was done."""
    record = result.record
    shown = types.VIEWS[type(record)](value=record)
    parts = {_snake(type(shown).__name__): shown, "revision": types.revision(result.revision)}
    if not isinstance(record, model.Scene | model.Asset):
        owner: Any = model.Asset if isinstance(record, model.ObjectStatus) else model.Scene
        owner_id = record.asset if isinstance(record, model.ObjectStatus) else record.scene
        found = await info.context.loaders.record(owner, owner_id)
        assert found is not None, "what has members is not removed"
        parts[_snake(owner.__name__)] = types.VIEWS[owner](value=found)
    return answer(**parts)


def _creating(kind: type[Any], answer: type[Any]) -> Callable[..., Any]:
    async def resolver(info: Info, input: Any) -> Any:
        museum, actor = info.context.services, info.context.actor
        result: compose.Done[Any] = await done(
            info, compose.create, kind, museum, actor, reason=input.reason, **values(input)
        )
        return await answered(info, result, answer)

    return resolver


def _updating(kind: type[Any], answer: type[Any]) -> Callable[..., Any]:
    async def resolver(info: Info, input: Any) -> Any:
        museum, actor = info.context.services, info.context.actor
        told = {"expected_revision": input.expected_revision, "reason": input.reason}
        result: compose.Done[Any] = await done(
            info, compose.update, kind, museum, actor, input.id, **told, **values(input)
        )
        return await answered(info, result, answer)

    return resolver


def _with_input(given_input: type[Any], answer: type[Any], resolver: Callable[..., Any], description: str) -> Any:
    argument = Annotated[given_input, strawberry.argument(description="What is said.")]  # type: ignore[valid-type]  # made above
    resolver.__annotations__ = {"info": Info, "input": argument, "return": answer}
    return strawberry.field(resolver, description=description)


def _removing(kind: type[Any], answer: type[Any]) -> Callable[..., Any]:
    async def resolver(info: Info, id: Any, expected_revision: Any = None, reason: Any = "") -> Any:
        museum, actor = info.context.services, info.context.actor
        told = {"expected_revision": expected_revision, "reason": reason}
        result: compose.Done[Any] = await done(info, compose.remove, kind, museum, actor, id, **told)
        return await answered(info, result, answer)

    resolver.__annotations__ = {
        "info": Info,
        "id": Id,
        "expected_revision": Expected,
        "reason": Reason,
        "return": answer,
    }
    return resolver


def _snake(word: str) -> str:
    """`ChangeEvent` is `change_event`."""
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in word).strip("_")


def _a(word: str) -> str:
    """`ChangeEvent` is "a change event"."""
    said = _snake(word).replace("_", " ")
    return f"an {said}" if said[0] in "aeiou" else f"a {said}"
