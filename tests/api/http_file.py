# SPDX-License-Identifier: Apache-2.0
"""http_file.py - what a .http file says, and whether a reply is what it expects.

    # a comment
    ### create a member                     a case: its name
    POST /v1/members                        method and address
    Idempotency-Key: {{new}}                headers; {{new}} is different every time

    {"external_id": "17850"}                body

    => 201                                  status that is expected
    Location: ~^/v1/members/                headers: ~ a pattern, * anything, - absent,
                                            $save:NAME keeps it
    {"object": "member", "id": "$save:member_id", "name": "$any"}

Without a header of their own, requests carry "Authorization: Bearer {{key}}" and, with a body,
"Content-Type: application/json"; "Name: -" sends none.

    {{key:SCOPE}}          a key with that scope; {{key:other}} one of another tenant, all scopes
    {{time:SECONDS}}       now plus so many seconds (negative: before), as RFC 3339
    {{repeat:N:TEXT}}      the text N times
    {{hex:c328}}           these bytes, whether or not they are UTF-8
    {{NAME}}               what an earlier case saved

The expected body is JSON.  An object may have further members, an array may not.  Strings that
begin with "$" mean: $any, $int, $string, $absent, $re:PATTERN, $length:N (of an array), $save:NAME
(any; keeps it as {{NAME}}).
A line "same bytes as CASE" instead compares with the reply of that case.
"""
import datetime
import json
import re
import uuid


class Case:
    def __init__(self, name, line):
        self.name, self.line = name, line
        self.method = self.path = None
        self.headers, self.body = {}, None
        self.status, self.wanted_headers, self.wanted_body = None, {}, None
        self.same_as = None


def parse(text):
    cases, block, where = [], None, None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("### "):
            block = Case(line[4:].strip(), number)
            cases.append(block)
            block.request, block.reply = [], None
        elif block is None:
            if line.strip() and not line.startswith("#"):
                raise ValueError(f"line {number}: a case begins with ### and a name")
        elif line.startswith("=> "):
            block.status, block.reply = int(line[3:]), []
        elif not line.startswith("#"):
            (block.request if block.reply is None else block.reply).append(line)
    for case in cases:
        if case.status is None:
            raise ValueError(f"line {case.line}: '{case.name}' expects nothing, => is missing")
        split_request(case)
        split_reply(case)
    return cases


def split_request(case):
    lines = [line for line in case.request]
    while lines and not lines[0].strip():
        lines.pop(0)
    case.method, case.path = lines.pop(0).split(None, 1)
    while lines and lines[0].strip():
        name, value = lines.pop(0).split(":", 1)
        case.headers[name.strip()] = value.strip()
    body = "\n".join(lines).strip()
    case.body = body or None


def split_reply(case):
    lines = list(case.reply)
    while lines and re.match(r"[A-Za-z-]+: ", lines[0]):
        name, value = lines.pop(0).split(":", 1)
        case.wanted_headers[name.strip().lower()] = value.strip()
    body = "\n".join(lines).strip()
    if body.startswith("same bytes as "):
        case.same_as = body[len("same bytes as "):]
    elif body:
        try:
            case.wanted_body = json.loads(body)
        except ValueError as error:
            raise ValueError(f"'{case.name}': what is expected is no JSON: {error}") from error


def instant(seconds):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=int(seconds))
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def made_up(name):
    """What a verb stands for, or None.  Bytes that are no text travel as surrogates."""
    verb, _, argument = name.partition(":")
    if verb == "new":
        return uuid.uuid4().hex
    if verb == "time":
        return instant(argument)
    if verb == "repeat":
        count, _, piece = argument.partition(":")
        return piece * int(count)
    if verb == "hex":
        return bytes.fromhex(argument).decode("utf-8", "surrogateescape")
    return None


def fill(text, values):
    def one(match):
        name = match.group(1)
        made = made_up(name)
        if made is None and name not in values:
            raise ValueError(f"nothing was saved as {name}")
        return str(values[name]) if made is None else made
    return re.sub(r"\{\{([^{}]+)\}\}", one, text)


def special(wanted, got, at, values):
    """What a string that begins with $ asks for: a fault or None."""
    verb, _, argument = wanted[1:].partition(":")
    if verb == "save":
        values[argument] = got
        return None
    good = {"any": lambda: True,
            "length": lambda: isinstance(got, list) and len(got) == int(argument),
            "int": lambda: isinstance(got, int) and not isinstance(got, bool),
            "string": lambda: isinstance(got, str),
            "re": lambda: isinstance(got, str) and re.search(fill(argument, values), got)}
    if verb not in good:
        return f"{at}: the file asks for ${verb}, which is unknown"
    return None if good[verb]() else f"{at}: {got!r} is not {wanted}"


def compare(wanted, got, at, values):
    """The first difference, or None."""
    if isinstance(wanted, str) and wanted.startswith("$"):
        return special(wanted, got, at, values)
    if isinstance(wanted, str):
        wanted = fill(wanted, values)
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return f"{at}: {got!r} is no object"
        for name, value in wanted.items():
            if value == "$absent":
                if name in got:
                    return f"{at}/{name}: is there"
                continue
            if name not in got:
                return f"{at}/{name}: is missing"
            fault = compare(value, got[name], f"{at}/{name}", values)
            if fault:
                return fault
        return None
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(got) != len(wanted):
            return f"{at}: {got!r} has not the {len(wanted)} items wanted"
        return next((fault for i, value in enumerate(wanted)
                     if (fault := compare(value, got[i], f"{at}/{i}", values))), None)
    if type(wanted) is not type(got) or wanted != got:
        return f"{at}: {got!r}, not {wanted!r}"
    return None


def compare_header(name, wanted, headers, values):
    got = headers.get(name)
    if wanted == "-":
        return f"header {name}: {got} is there" if got is not None else None
    if got is None:
        return f"header {name}: is missing"
    if wanted == "*":
        return None
    if wanted.startswith("$save:"):
        values[wanted[len("$save:"):]] = got
        return None
    if wanted.startswith("~"):
        return None if re.search(fill(wanted[1:], values), got) else f"header {name}: {got}"
    return None if got == fill(wanted, values) else f"header {name}: {got}"
