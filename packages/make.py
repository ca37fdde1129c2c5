#!/usr/bin/env python3
"""Makes what both packages take from the OpenAPI document of the control port, and holds the rest against it.

`make.py` writes the types of the port's objects and a method for each act of agents and calls. `make.py --check`
changes nothing, and fails if a file would change, or if a route of the document has no method in a package.
"""
import json
import keyword
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = json.loads((HERE / "../crates/fake/src/control/openapi.json").read_text(encoding="utf-8"))
HEAD = "Made by packages/make.py from crates/fake/src/control/openapi.json."

# Routes that no package has a method for, and why.
LEFT_OUT = {
    ("GET", "/openapi.json"): "the packages are made from this document; programs have no use for it",
    ("GET", "/console"): "a page for people, at the URL of the port with its token",
    ("GET", "/transcript/live"): "a stream for the console; `transcript` with `after` gives a test what is new",
    ("GET", "/events"): "a stream for wallboards; a test waits for what its own client does",
}

# Acts whose methods are written by hand, because one route is several methods.
BY_HAND = {("POST", "/agents/{id}/state")}

HANDLES = {"Agent": "/agents/{id}/", "Call": "/calls/{id}/"}


def routes():
    """Method, path and operation of each route, with every action of `{action}` as a path of its own."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            actions = [it for it in operation.get("parameters", []) if it["name"] == "action"]
            names = actions[0]["schema"]["enum"] if actions else [""]
            for name in names:
                yield method.upper(), path.replace("{action}", name), operation


def acts(prefix):
    """The acts below a prefix: name, path, summary, members of the body, name of the answer's schema."""
    for method, path, operation in sorted(routes(), key=lambda route: route[1]):
        if method != "POST" or not path.startswith(prefix) or (method, path) in BY_HAND:
            continue
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        members = schema.get("properties", {})
        assert list(members) == schema.get("required", []), f"{path}: an optional member has no place in a signature"
        success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
        answer = success["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        act, summary = path.removeprefix(prefix), operation["summary"]
        if ", with an act that needs nothing else" in summary:
            summary = f"`{act}`. {summary.partition(', with an act')[0]}"
        yield act, path, summary, members, answer


def snake(name):
    return re.sub(r"[- ]", "_", name)


def camel(name):
    return re.sub(r"[-_](\w)", lambda it: it[1].upper(), name)


def schema_names():
    """Our names of the document's schemas: `AgentView` is an agent's data, `Agent` the handle that acts."""
    return {name: f"{name}View" if name in HANDLES else name for name in DOCUMENT["components"]["schemas"]}


# TypeScript


def typescript(schema, indent=""):
    """A schema as a type."""
    if "$ref" in schema:
        return schema_names()[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return " | ".join(f"'{value}'" for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(typescript(it, indent) for it in schema["anyOf"])
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join(typescript({**schema, "type": it}, indent) for it in kind)
    if kind == "array":
        item = typescript(schema["items"], indent)
        return f"({item})[]" if " | " in item else f"{item}[]"
    if kind == "object" and "properties" in schema:
        inner = indent + "  "
        lines = []
        for name, member in schema["properties"].items():
            if "description" in member:
                lines.append(f"{inner}/** {member['description']}. */")
            mark = "" if name in schema.get("required", []) else "?"
            lines.append(f"{inner}{name}{mark}: {typescript(member, inner)};")
        return "\n".join(["{", *lines, indent + "}"])
    if kind == "object":
        more = schema["additionalProperties"]
        return f"Record<string, {'unknown' if more is True else typescript(more, indent)}>"
    return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}[kind]


def schemas_ts():
    lines = [f"// {HEAD}"]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        lines += ["", f"export type {schema_names()[name]} = {typescript(schema)};"]
    return "\n".join(lines) + "\n"


def acts_js():
    lines = [f"// {HEAD}", "import { Handle } from './handle.js';"]
    for handle, prefix in HANDLES.items():
        lines += ["", f"export class {handle}Acts extends Handle {{"]
        for act, path, _, members, answer in acts(prefix):
            taken = ", ".join(members)
            body = f", {{ {taken} }}" if members else ""
            asked = f"await this.fake.ask('POST', '{path}', {{ id: this.id }}{body})"
            answered = f"this.fake.call(({asked}).id)" if handle == "Agent" and answer == "Call" else asked
            lines += [f"  async {camel(act)}({taken}) {{", f"    return {answered};", "  }", ""]
        lines[-1] = "}"
    return "\n".join(lines) + "\n"


def acts_ts():
    used = ", ".join(sorted({schema_names()[answer] for prefix in HANDLES.values() for *_, answer in acts(prefix) if answer != "Call"}))
    lines = [f"// {HEAD}", "import type { Call } from './index.js';", f"import type {{ {used} }} from './schemas.js';"]
    for handle, prefix in HANDLES.items():
        lines += ["", f"export declare class {handle}Acts {{"]
        for act, _, summary, members, answer in acts(prefix):
            taken = ", ".join(f"{name}: {typescript(member)}" for name, member in members.items())
            result = "Call" if handle == "Agent" and answer == "Call" else schema_names()[answer]
            lines += [f"  /** {summary}. */", f"  {camel(act)}({taken}): Promise<{result}>;"]
        lines.append("}")
    return "\n".join(lines) + "\n"


# Python


class Python:
    """Types of schemas; an object inside another gets a name of its own."""

    def __init__(self):
        self.lines = []

    def type(self, schema, name):
        if "$ref" in schema:
            return schema_names()[schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return f"Literal[{', '.join(json.dumps(it) for it in schema['enum'])}]"
        if "anyOf" in schema:
            return f"Union[{', '.join(self.type(it, name) for it in schema['anyOf'])}]"
        kind = schema["type"]
        if isinstance(kind, list):
            return f"Union[{', '.join(self.type({**schema, 'type': it}, name) for it in kind)}]"
        if kind == "array":
            return f"List[{self.type(schema['items'], name)}]"
        if kind == "object" and "properties" in schema:
            self.object(schema, name)
            return name
        if kind == "object":
            more = schema["additionalProperties"]
            return f"Dict[str, {'Any' if more is True else self.type(more, name)}]"
        return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}[kind]

    def object(self, schema, name):
        required = schema.get("required", [])
        types = {member: self.type(it, name + member.title().replace("_", "")) for member, it in schema["properties"].items()}
        always = {it: types[it] for it in types if it in required}
        perhaps = {it: types[it] for it in types if it not in required}
        bases = []
        # NotRequired is of Python 3.11: members that may be absent are a class of their own.
        classes = []
        if perhaps:
            bases.append(f"_{name}")
            classes.append((bases[-1], "TypedDict, total=False", perhaps))
        # `from` cannot be written as a member of a class.
        reserved = {it: always.pop(it) for it in list(always) if keyword.iskeyword(it)}
        if reserved:
            bases.append(f"_{name}Reserved")
            members = ", ".join(f'"{it}": {typed}' for it, typed in reserved.items())
            self.lines += ["", "", f'{bases[-1]} = TypedDict("{bases[-1]}", {{{members}}})']
        classes.append((name, ", ".join(bases) or "TypedDict", always))
        for title, base, members in classes:
            self.lines += ["", "", f"class {title}({base}):"]
            for member, it in members.items():
                self.lines.append(f"    {member}: {it}")
                if "description" in schema["properties"][member]:
                    self.lines.append(f'    """{schema["properties"][member]["description"]}."""')


def schemas_py():
    python = Python()
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if schema.get("type") == "object":
            python.object(schema, schema_names()[name])
        else:
            python.lines += ["", "", f"{schema_names()[name]} = {python.type(schema, name)}"]
    # Types are made when they are read, so each stands behind those that it names.
    text = "\n".join(python.lines)
    blocks = [block for block in text.strip().split("\n\n\n")]
    names = {re.match(r"class (\w+)|(\w+) =", block)[0].removeprefix("class ").removesuffix(" ="): block for block in blocks}
    placed = []

    def place(name):
        if name not in placed:
            for other in re.findall(r"\w+", names[name]):
                if other in names and other != name:
                    place(other)
            placed.append(name)

    for name in names:
        place(name)
    head = f'"""Objects of the control port. {HEAD}"""\n\nfrom typing import Any, Dict, List, Literal, TypedDict, Union\n'
    return head + "\n\n" + "\n\n\n".join(names[name] for name in placed) + "\n"


def acts_py():
    lines = [
        f'"""Acts of agents and calls. {HEAD}"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import TYPE_CHECKING, Literal, TypeVar",
        "",
        "from ._handle import Handle",
        "",
        "if TYPE_CHECKING:",
        "    from ._handles import Call",
        "",
    ]
    lines += [f'{handle}Self = TypeVar("{handle}Self", bound="{handle}Acts")' for handle in HANDLES]
    python = Python()
    for handle, prefix in HANDLES.items():
        itself = f"{handle}Self"
        lines += ["", "", f"class {handle}Acts(Handle):"]
        for act, path, summary, members, answer in acts(prefix):
            # `from` is reserved.
            names = {member: member + "_" if keyword.iskeyword(member) else member for member in members}
            typed = "".join(f", {names[member]}: {python.type(it, member)}" for member, it in members.items())
            body = "".join(f', "{member}": {name}' for member, name in names.items())
            body = f", {{{body.removeprefix(', ')}}}" if body else ""
            asked = f'self.fake.ask("POST", "{path}", {{"id": self.id}}{body})'
            if handle == "Agent" and answer == "Call":
                lines += [f"    def {snake(act)}(self{typed}) -> Call:", f'        """{summary}."""']
                lines += [f'        return self.fake.call({asked}["id"])', ""]
            else:
                lines += [f"    def {snake(act)}(self: {itself}{typed}) -> {itself}:", f'        """{summary}."""']
                lines += [f"        {asked}", "        return self", ""]
        lines.pop()
    return "\n".join(lines) + "\n"


MADE = {
    "node/src/schemas.d.ts": schemas_ts,
    "node/src/acts.js": acts_js,
    "node/src/acts.d.ts": acts_ts,
    "python/src/finesse_conformance/_schemas.py": schemas_py,
    "python/src/finesse_conformance/_acts.py": acts_py,
}


def amiss():
    """Routes that a package does not ask for, and requests for routes that are not in the document."""
    wanted = {(method, path) for method, path, _ in routes()}
    for route, why in LEFT_OUT.items():
        if route not in wanted or not why:
            yield f"LEFT_OUT has {' '.join(route)}, which is no route, or has no reason"
    for folder, ending in ("node/src", "*.js"), ("python/src", "*.py"):
        text = "".join(file.read_text(encoding="utf-8") for file in sorted((HERE / folder).rglob(ending)))
        asked = set(re.findall(r"""ask(?:_text|Text)?\(\s*['"]([A-Z]+)['"],\s*['"](/[^'"]*)['"]""", text))
        for method, path in sorted(wanted - asked - set(LEFT_OUT)):
            yield f"packages/{folder} has no method for {method} {path}; add one, or give a reason in LEFT_OUT of packages/make.py"
        for method, path in sorted(asked - wanted):
            yield f"packages/{folder} asks for {method} {path}, which the control port does not have"
        for method, path in sorted(asked & set(LEFT_OUT)):
            yield f"packages/{folder} has a method for {method} {path}, which LEFT_OUT lists"


def main():
    is_check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not is_check:
        sys.exit("usage: make.py [--check]")
    wrong = []
    for name, make in MADE.items():
        file, text = HERE / name, make()
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        if is_check:
            wrong.append(f"packages/{name} is out of date; run packages/make.py")
        else:
            file.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote packages/{name}")
    wrong += amiss()
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
