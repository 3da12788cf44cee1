#!/usr/bin/env python3
"""Random rules and paths, and what the real Werkzeug makes of them; needs `werkzeug==3.1.8`. Writes cases.json beside itself."""
import json, os, random
from werkzeug.routing import Map, Rule, RequestRedirect
from werkzeug.exceptions import NotFound, MethodNotAllowed

rng = random.Random(2026)
WORDS = ["a", "b", "ab", "x", "1", "2.5", "12", "-3", "a.b", "é", "a b", "edit", "new", "7f9c24e8-3b12-4fef-91e0-1a2b3c4d5e6f", "long", "", "0042", "x-1"]
CONVERTERS = ["", "string:", "int:", "float:", "path:", "uuid:", "any(a,b,edit):", "string(length=2):", "string(minlength=2,maxlength=3):",
              "int(min=2,max=20):", "int(signed=True):", "int(fixed_digits=2):", "float(signed=True):", "default:"]

def segment(names):
    r = rng.random()
    if r < 0.45:
        return rng.choice(WORDS[:-5] + ["a", "b", "edit"]) or "a"
    name = f"v{len(names)}"; names.append(name)
    arg = f"<{rng.choice(CONVERTERS)}{name}>"
    if r < 0.8:
        return arg
    if r < 0.9:
        return rng.choice(["a", "v-", "x."]) + arg
    if r < 0.95:
        return arg + rng.choice([".json", "-x", "b"])
    other = f"v{len(names)}"; names.append(other)
    return f"{arg}.<{rng.choice(CONVERTERS)}{other}>"

def rule():
    names = []
    text = "/" + "/".join(segment(names) for _ in range(rng.randint(0, 3)))
    return text + ("/" if rng.random() < 0.35 and text != "/" else "")

def path(rules):
    if rng.random() < 0.6:
        out, depth = [], 0
        for part in rng.choice(rules)["rule"].split("/"):
            while "<" in part:
                i, j = part.index("<"), part.index(">")
                value = rng.choice(WORDS)
                if "path:" in part[i:j]:
                    value = "/".join(rng.choice(WORDS[:-5]) for _ in range(rng.randint(1, 3)))
                part = part[:i] + value + part[j + 1:]
            out.append(part)
        text = "/".join(out)
    else:
        text = "/" + "/".join(rng.choice(WORDS) for _ in range(rng.randint(0, 4)))
    r = rng.random()
    if r < 0.15: text += "/"
    elif r < 0.22: text = text.rstrip("/") or "/"
    elif r < 0.27: text = text.replace("/", "//", 1) if rng.random() < 0.5 else text + "//"
    return text

def typed(v):
    import uuid
    if isinstance(v, uuid.UUID): return {"uuid": str(v)}
    if isinstance(v, float): return {"float": repr(v)}
    if isinstance(v, int): return {"int": str(v)}
    return {"str": v}

cases = []
while len(cases) < 250:
    rules, shapes = [], set()
    config = {"strict": rng.random() < 0.8, "merge": rng.random() < 0.8}
    for _ in range(rng.randint(1, 9)):
        text, methods = rule(), rng.choice([["GET"], ["GET"], ["GET", "POST"], ["POST"], ["PUT"]])
        rules.append({"rule": text, "methods": methods, "endpoint": str(len(rules))})
    try:
        m = Map(strict_slashes=config["strict"], merge_slashes=config["merge"])
        m._matcher.merge_slashes = config["merge"]
        kept = []
        for r in rules:
            # rules that could never be reached are an error of ours at registration
            one = Rule(r["rule"], endpoint=r["endpoint"], methods=r["methods"]); one.bind(Map(merge_slashes=config["merge"]))
            shape = str([(p.content, p.final, p.suffixed) for p in one._parts])
            meths = {x for x in one.methods}
            if any(s == shape and x & meths for s, x in shapes): continue
            shapes.add((shape, frozenset(meths)))
            m.add(Rule(r["rule"], endpoint=r["endpoint"], methods=r["methods"])); kept.append(r)
        rules = kept
        adapter = m.bind("localhost")
    except (ValueError, LookupError):
        continue
    requests = []
    for _ in range(12):
        p, method = path(rules), rng.choice(["GET", "GET", "GET", "POST", "HEAD", "DELETE"])
        try:
            e, v = adapter.match(p, method=method)
            got = {"endpoint": e, "args": {k: typed(x) for k, x in v.items()}}
        except RequestRedirect as e:
            got = {"redirect": e.new_url.removeprefix("http://localhost")}
        except MethodNotAllowed as e:
            got = {"allow": sorted(e.valid_methods)}
        except NotFound:
            got = {"error": 404}
        requests.append({"path": p, "method": method, "got": got})
    cases.append({"config": config, "rules": rules, "requests": requests})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
