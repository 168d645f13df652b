#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every zone of the system, 2020 to 2040: Python's own TZif reader must agree with ours.

    tz_zones.py TZ_DUMP

For each zone the changes of offset are found by stepping through the years and halving the step
that has one; local times around each change are resolved by datetime with fold 0 and 1.
"""
import datetime
import subprocess
import sys
import zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
FIRST = int(datetime.datetime(2020, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime.datetime(2041, 1, 1, tzinfo=UTC).timestamp())
STEP = 2 * 86400
AROUND = (-7200, -3600, -1800, -1, 0, 1, 1800, 3600, 7200)


def offset_at(zone, at):
    moment = EPOCH + datetime.timedelta(seconds=at)
    return int(moment.astimezone(zone).utcoffset().total_seconds())


def first_change(zone, low, high):
    """The first second in (low, high] with the offset of high, given that both differ."""
    after = offset_at(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(zone, middle) == after:
            high = middle
        else:
            low = middle
    return high


def unix(zone, local, fold):
    wall = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=local)
    return int(wall.replace(tzinfo=zone, fold=fold).timestamp())


def describe(name):
    zone = zoneinfo.ZoneInfo(name)
    before = offset_at(zone, FIRST)
    lines = [f"zone {name} {before}"]
    at = FIRST
    while at < LAST:
        step = min(at + STEP, LAST - 1)
        if step == at:
            break
        after = offset_at(zone, step)
        if after != before:
            step = first_change(zone, at, step)
            after = offset_at(zone, step)
            lines.append(f"{step} {before} {after}")
            for delta in AROUND:
                local = step + before + delta
                # In a gap Python's fold 0 keeps the offset before the jump, as TZ_GAP_SHIFT does.
                first = unix(zone, local, 0)
                second = unix(zone, local, 1)
                lines.append(f"local {local} {first} {max(first, second)}")
            before = after
        at = step
    return lines


def main():
    # localtime is a link to whatever this machine is set to, outside of the folder's names.
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    run = subprocess.run([sys.argv[1]], input="\n".join(names) + "\n", text=True,
                         stdout=subprocess.PIPE, check=False)
    ours = run.stdout.splitlines()
    theirs = [line for name in names for line in describe(name)]
    for number, (our, their) in enumerate(zip(ours, theirs)):
        if our != their:
            zone = [line for line in ours[: number + 1] if line.startswith("zone")][-1]
            sys.exit(f"{zone}: ours is '{our}', Python says '{their}'")
    if run.returncode or len(ours) != len(theirs):
        sys.exit(f"{len(ours)} lines of ours, {len(theirs)} of Python's")
    changes = sum(1 for line in ours if line[0] in "-0123456789")
    if len(names) < 300 or changes < 5000:
        sys.exit(f"only {len(names)} zones with {changes} changes: is tzdata installed?")
    print(f"{len(names)} zones, {changes} changes of offset agree")


main()
