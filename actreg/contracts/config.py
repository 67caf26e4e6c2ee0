"""The config half of an activation: a frozen, strict pydantic model, and errors that name the field.

Requirements:

- Strict: ``"0.1"``, ``True`` and NaN are no slopes; an int stands for a float of the same value.
- Closed: an unknown option is an error, with a did-you-mean that knows other frameworks' spellings.
- Checked when the class is defined, so that an author sees a mistake at once and not when somebody uses it.
- Honest copies: `model_copy(update=…)` validates, unlike pydantic's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actreg.errors import ConfigError, DefinitionError, FieldProblem, suggest

if TYPE_CHECKING:
    from actreg.contracts.info import Info

Finite = Annotated[float, Field(allow_inf_nan=False)]
"""A finite float."""

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
"""A finite float above zero."""

RESERVED = frozenset({"forward", "derivative", "pullback", "reference", "laws", "parameters", "noise", "vjp", "info"})


class Config(BaseModel):
    """Base of everything that is configured from YAML or keyword arguments."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        ignored_types=(),
        protected_namespaces=("model_",),
    )

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise config_error(type(self), error) from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed, validated (pydantic's own is not).

        Raises ConfigError.
        """
        if not update:
            return super().model_copy(deep=deep)
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**given, **update})


def config_error(cls: type[BaseModel], error: ValidationError) -> ConfigError:
    """The same findings as `error`, in our words, every field at once."""
    info: Info | None = getattr(cls, "info", None)
    subject = info.name if info is not None else cls.__name__
    options = [field.alias or name for name, field in cls.model_fields.items()]
    problems: dict[str, FieldProblem] = {}
    for item in error.errors(include_url=False):
        # After the field's name come the indices of a list, and pydantic's labels of a union's branches.
        place = ".".join(str(part) for n, part in enumerate(item["loc"]) if n == 0 or isinstance(part, int))
        place = place or "(the whole)"
        if item["type"] == "extra_forbidden":
            problems[place] = unknown_option(place, options, info)
        elif place in problems:
            problems[place] = replace(problems[place], problem=f"{_plain(item['msg'])}, or {problems[place].problem}")
        else:
            given = f", not {item['input']!r}" if item["loc"] and item["type"] != "missing" else ""
            problems[place] = FieldProblem(place, _plain(item["msg"]) + given)
    return ConfigError(subject, list(problems.values()))


def unknown_option(option: str, options: list[str], info: Info | None) -> FieldProblem:
    """The problem with an option that does not exist."""
    ours = info.foreign.get(option) if info is not None else None
    near = (ours,) if ours else suggest(option, options)
    known = f" (options: {', '.join(options)})" if options else " (it takes none)"
    return FieldProblem(option, "unknown option" + known, near)


def check_fields(cls: type[BaseModel]) -> None:
    """Refuses fields that are undescribed or would shadow a method; DefinitionError."""
    for name, field in cls.model_fields.items():
        if not field.description:
            raise DefinitionError(f"{cls.__qualname__}.{name}: describe the field: Field(…, description=…)")
        if name in RESERVED or hasattr(BaseModel, name):
            raise DefinitionError(f"{cls.__qualname__}.{name}: a field can't have the name of a method")
    if cls.__private_attributes__:
        names = ", ".join(cls.__private_attributes__)
        raise DefinitionError(f"{cls.__qualname__}: private attributes ({names}) break equality and pickling")


def _plain(message: str) -> str:
    """pydantic's message, begun in lower case and without the prefix of a ValueError."""
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
