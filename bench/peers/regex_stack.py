"""The peer in Python: a regular expression a line and a stack a CPU, total and self time by function."""

import re
import sys

CALL = re.compile(r"^ *(\d+)\) (?:[ +!#*@$] *([\d.]+) us)? *\|  ( *)(?:([\w.]+)(?: \[\w+\])?\(\)(;| \{)|\}(?: /\* ([\w.]+).*\*/)?)")

total, self_time, calls, stacks = {}, {}, {}, {}


def count(name, duration, own):
    total[name] = total.get(name, 0.0) + duration
    self_time[name] = self_time.get(name, 0.0) + own
    calls[name] = calls.get(name, 0) + 1


with open(sys.argv[1], encoding="latin-1") as trace:
    for line in trace:
        m = CALL.match(line)
        if not m:
            continue
        cpu, duration, _, name, end, _ = m.groups()
        stack = stacks.setdefault(cpu, [])
        if name and end == ";":
            d = float(duration or 0)
            if stack:
                stack[-1][1] += d
            count(name, d, d)
        elif name:
            stack.append([name, 0.0])
        elif stack:
            name, below = stack.pop()
            d = float(duration or 0)
            if stack:
                stack[-1][1] += d
            count(name, d, d - below)

print(len(calls), sum(calls.values()))
