"""A child that speaks the line protocol, and misbehaves when its task says so, at the first attempt."""
import json
import os
import sys
import time

print("loading with", os.environ.get("CHILD_TOKEN"), file=sys.stderr, flush=True)
print("a line before it is ready", flush=True)
print(json.dumps({"status": "ready"}), flush=True)


def answer(task, **fields):
    print(json.dumps({"task_id": task["task_id"], "result": None, "error": None, "retry": False} | fields), flush=True)


for line in sys.stdin:
    task = json.loads(line)
    do = task["payload"].get("do")
    first = task["attempt"] == 1
    if do == "garbage":
        print("this is no JSON", flush=True)
    if do == "crash" and first:
        os._exit(7)
    if do == "quit" and first:
        sys.exit(0)
    if do == "hang" and first:
        time.sleep(600)
    if do == "huge" and first:
        answer(task, result="x" * 300_000)
    elif do == "fail":
        answer(task, error="no such picture")
    elif do == "unwell" and first:
        answer(task, error="", retry=True)
    else:
        answer(task, result={"did": do, "attempt": task["attempt"], "key": "CARILLON_KEY" in os.environ})
