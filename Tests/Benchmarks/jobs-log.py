#!/usr/bin/env python3
"""What a buyer waits for, and how fast a job's log is written and read, end to end: a real ledger, agent, lease and job.

    swift build -c release
    Tests/Benchmarks/jobs-log.py [--starts 12] [--write-mib 2048] [--read-gib 10] [--directory /var/tmp]

Waited for: from the moment the agent has taken a job of `true` (its event `submitted`) to its event `ended`, beside the
time from the job's first instruction to its end; 0 for the read size leaves the log out.

Written: a job's `dd if=/dev/zero bs=1M` through its supervisor into the log, alone and with a buyer reading along, against
the same through a pipe into `cat` into a file on the same disk; median of three, in turn. Read: `gcx job logs` of a log of so many GiB of lines: time to
the first line, to the last ten, to a time, and the largest resident set of command and agent. Needs root, a runtime and
busybox; everything it makes is removed again.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, time

from market import Market, memory, wait

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("--starts", type=int, default=12)
arguments.add_argument("--write-mib", type=int, default=2048)
arguments.add_argument("--read-gib", type=int, default=10)
arguments.add_argument("--directory", default="/var/tmp")
arguments.add_argument("--gcx", default=".build/release/gcx")
options = arguments.parse_args()
market = Market(options.gcx, options.directory)
root, run = market.root, market.run


def job(program, attended=True):
    """Runs a program on a lease of its own; answers lease and seconds from its first instruction to its end."""
    name = market.lease()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    words = ["--image", f"rootfs:{root}/rootfs", "--", "/bin/sh", "-c", program]
    buyer = market.spawn(*market.attend(name, *words), **quiet)
    exit = f"{root}/agent/jobs/{name[2:]}/exit.json"
    if not attended:
        wait("the job", lambda: os.path.exists(f"{root}/agent/jobs/{name[2:]}/supervisor.json"))
        buyer.kill()
    buyer.wait()
    wait("the job's end", lambda: os.path.exists(exit), 600)
    if not attended:
        # Paid for afterwards, so that the lease closes and its core is free again.
        market.spawn(*market.attend(name, "--attach"), **quiet).wait()
    with open(exit) as file:
        end = json.load(file)
    if end["logDroppedBytes"]:
        sys.exit("the log's limit was too low for this measurement")
    return name, (end["endedBootNanoseconds"] - end["startedBootNanoseconds"]) / 1e9


def starts():
    """Milliseconds from event to event of jobs that do nothing."""
    whole, before, own = [], [], []
    for _ in range(options.starts):
        name, seconds = job("true")
        moments = {}
        for line in run("job", "events", name, "--json").splitlines():
            event = json.loads(line)
            moments.setdefault(event["kind"], event["bootNanoseconds"])
        whole.append((moments["ended"] - moments["submitted"]) / 1e6)
        before.append((moments["started"] - moments["submitted"]) / 1e6)
        own.append(seconds * 1e3)
    for what, seen in (("submitted to ended", whole), ("submitted to started", before), ("of the job's own", own)):
        print(f"start, {what}: median {statistics.median(seen):.1f} ms, {min(seen):.1f} to {max(seen):.1f}")


def write():
    """In turn: with nobody reading along, with a buyer who shows every byte, and without gcx."""
    size = options.write_mib << 20
    program = f"dd if=/dev/zero bs=1M count={options.write_mib}"
    rates = {"alone": [], "with a buyer reading along": [], "cat into a file": []}
    for _ in range(3):
        for kind in ("alone", "with a buyer reading along"):
            name, seconds = job(program, attended=kind != "alone")
            rates[kind].append(size / seconds / 1e6)
            shutil.rmtree(f"{root}/agent/jobs/{name[2:]}/log")
        begin = time.monotonic()
        subprocess.run(f"busybox {program} 2>/dev/null | cat > {root}/plain", shell=True, check=True)
        rates["cat into a file"].append(size / (time.monotonic() - begin) / 1e6)
        os.unlink(f"{root}/plain")
    for kind, seen in rates.items():
        print(f"write {options.write_mib} MiB, {kind}: {statistics.median(seen):.0f} MB/s {[round(x) for x in seen]}")


def read(name, *words, first=False):
    begin = time.monotonic()
    reader = market.spawn("job", "logs", name, *words, stdout=subprocess.PIPE)
    line = reader.stdout.readline()
    seconds = time.monotonic() - begin
    total = len(line)
    while not first and (piece := reader.stdout.read(1 << 20)):
        total += len(piece)
    reader.stdout.close()
    _, _, usage = os.wait4(reader.pid, 0)
    query = " ".join(words) or "(all)"
    print(f"read {query}{' | head -1' if first else ''}: first line after {seconds * 1000:.0f} ms, "
          f"{total} bytes in {time.monotonic() - begin:.2f} s, {usage.ru_maxrss / 1024:.0f} MiB resident")


def measure():
    market.tables["job"] = {"log_bytes_max": max(options.read_gib << 30, options.write_mib << 20) * 9 // 8}
    agent = market.open().pid
    starts()
    if options.read_gib == 0:
        return
    write()
    name, seconds = job(
        f"seq 1000000 1131071 > /tmp/f; i=0; while [ $i -lt {options.read_gib * 1024} ]; do cat /tmp/f; i=$((i+1)); done")
    print(f"a log of {options.read_gib} GiB of lines of 8 bytes, written in {seconds:.0f} s")
    print(f"agent: {memory(agent):.0f} MiB resident at the most before reading")
    read(name, first=True)
    read(name, "--timestamps", first=True)
    read(name, "--tail", "10")
    read(name, "--tail", "10", "--stream", "stderr")
    read(name, "--since", "1s", first=True)
    read(name, "--grep", "^1131071$", "--tail", "1000000")
    read(name)
    begin = time.monotonic()
    print(f"verify: {run('job', 'logs', name, '--verify')}; {time.monotonic() - begin:.1f} s")
    print(f"agent: {memory(agent):.0f} MiB resident at the most after reading")


try:
    measure()
finally:
    market.close()
