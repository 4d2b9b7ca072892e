#!/usr/bin/env python3
"""Runs each figure of `gcx bench` against the reference tool of its axis, in alternation, and prints a table of ratios.

usage: Tests/Benchmarks/reference.py [--rounds N] [--only TEXT] [--steadiness RUNS] [--probe PROGRAM] [--directory DIR] [--json FILE]
       lmbench is in no Debian package: where `lat_mem_rd` is on the PATH or LAT_MEM_RD names it, latencies are compared too.

A ratio compares medians of the same minutes on the same machine: gcx, tool, gcx, tool, and so on, in an environment without
tuning variables. A pair whose tool is missing or whose axis this release does not have is shown with the reason. Nothing here is a
test: a virtual disk or a neighbour moves a figure more than any bound would allow.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Callable

SECONDS = 2.0  # for one axis in one round: what the shortest of the tools takes
PICO = 1e12
# What storage works on, on both sides: gcx writes half of what it may to its sequential axis, and the others use that file.
FILE_BYTES = 512 << 20
CLEAN = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"LC_ALL": "C"}


def run(command, limit=180, complaints=True):
    """Standard output of a tool, with its standard error unless told otherwise, or the reason why there is none."""
    if shutil.which(command[0]) is None:
        raise LookupError(f"{command[0]} is not installed")
    done = subprocess.run(command, env=CLEAN, capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        raise LookupError(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-120:]}")
    return done.stdout + (done.stderr if complaints else "")


def figure(pattern, text, scale=1.0):
    """The last number that the pattern finds."""
    found = re.findall(pattern, text)
    if not found:
        raise LookupError(f"no {pattern!r} in the tool's output")
    return float(found[-1]) * scale


@dataclass
class Pair:
    axis: str
    tool: str
    # The tool's figure, in the axis's unit; raises LookupError with the reason when there is none.
    measure: Callable[[], float]
    smaller_is_better: bool = False


class Machine:
    """What the tools need to know of where they run."""

    def __init__(self, probe, directory):
        self.probe, self.directory = probe, directory
        report = self.bench("cpu.clock.all")
        self.isa = report["instructionSet"]
        self.threads = len(report["processors"]["used"])
        self.stand_ins = set()  # axes of accelerators that a processor answered

    def bench(self, axis):
        # The axes of a disk work on the file that the first of them wrote, which so gets its whole size.
        needs = "storage.write.sequential," if re.match(r"storage\.(read|write\.random)", axis) else ""
        seconds = SECONDS * (3 if needs else 1)
        with tempfile.TemporaryDirectory(dir=self.directory) as directory:
            text = run([self.probe, "bench", "--axes", needs + axis, "--seconds", str(seconds), "--directory", directory,
                        "--bytes-max", str(2 * FILE_BYTES)], complaints=False)
        return json.loads(text)

    def known(self, names):
        """Those of the names that this release measures: asked one by one, each in a moment."""
        known = []
        for name in names:
            try:
                run([self.probe, "bench", "--axes", name, "--seconds", "0.05", "--directory", self.directory])
                known.append(name)
            except LookupError:
                pass
        return known

    def axis(self, name):
        report = self.bench(name)
        found = next((axis for axis in report["axes"] if axis["name"] == name), None)
        if found is None or "value" not in found:
            reasons = report["problems"] + [each["reason"] for each in report.get("skipped", [])]
            raise LookupError("; ".join(reasons) or "no undisturbed sample")
        if "notAccelerator" in found["flags"]:
            self.stand_ins.add(name)
        return found["value"]

    def likwid(self, kernel, size, threads=None):
        suffix = {"avx512": "_avx512", "avx2": "_avx"}.get(self.isa)
        if suffix is None:
            raise LookupError(f"likwid has no kernel for {self.isa}")
        # The name of a kernel with fused multiply-adds ends differently from one without.
        kernel = kernel.replace("@", suffix)
        count = threads or self.threads
        text = run(["likwid-bench", "-t", kernel, "-w", f"S0:{size}:{count}", "-s", "1"])
        pattern = r"MFlops/s:\s+([\d.]+)" if kernel.startswith("peakflops") else r"MByte/s:\s+([\d.]+)"
        return figure(pattern, text, 1e6)

    def likwid_cache(self, axis):
        """One core reading the working set that the axis has."""
        found = next(found for found in self.bench(axis)["axes"] if found["name"] == axis)
        return self.likwid("load@", f"{found['workingSetBytes'] >> 10}KB", threads=1)

    def lat_mem_rd(self, axis):
        """A load of a random chain over the working set of the axis, on pages of the same size."""
        program = os.environ.get("LAT_MEM_RD") or shutil.which("lat_mem_rd")
        if program is None:
            raise LookupError("lat_mem_rd (lmbench) is not installed; LAT_MEM_RD may name one")
        found = next(found for found in self.bench(axis)["axes"] if found["name"] == axis)
        megabytes = found["workingSetBytes"] / (1 << 20)
        huge = {} if axis.endswith("small-pages") else {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
        # It walks through growing sizes up to the one asked for, each line of 64 bytes once.
        command = ["taskset", "-c", "0", program, "-P", "1", "-N", "3", "-t", str(max(1, round(megabytes))), "64"]
        done = subprocess.run(command, env=CLEAN | huge, capture_output=True, text=True, timeout=600, check=True)
        rows = [line.split() for line in (done.stdout + done.stderr).splitlines()]
        sizes = [(float(row[0]), float(row[1])) for row in rows if len(row) == 2 and row[0][0].isdigit()]
        return min(sizes, key=lambda size: abs(size[0] - megabytes))[1] * 1e3

    def openssl(self, name, threads=None):
        count = threads or self.threads
        command = ["openssl", "speed", "-seconds", "2", "-bytes", str(256 << 10), "-evp", name]
        if count > 1:
            command[2:2] = ["-multi", str(count)]
        return figure(r"(?im)^(?:evp|" + name + r")\s+([\d.]+)k", run(command), 1e3)

    def fio(self, value, *options):
        """One job of fio on a file of its own, of the size that gcx's has, and as gcx's written before it is used."""
        with tempfile.TemporaryDirectory(dir=self.directory) as directory:
            path = os.path.join(directory, "file")
            if "--rw=write" not in options:  # that one begins with an empty file, as gcx does
                run(["dd", "if=/dev/urandom", f"of={path}", "bs=1M", f"count={FILE_BYTES >> 20}", "oflag=direct",
                     "conv=fsync"])
            command = ["fio", "--name=x", f"--filename={path}", "--direct=1", f"--size={FILE_BYTES}", "--fallocate=none",
                       "--norandommap", "--randrepeat=0", "--output-format=json", *options]
            text = run(command)
        return value(json.loads(text[text.index("{"):])["jobs"][0])

    def openblas(self, number):
        """The matrix product by the OpenBLAS that numpy has, best of twelve."""
        code = (f"import numpy,time;n=2048;a,b=(numpy.random.rand(n,n).astype('{number}') for _ in 'ab');best=9e9\n"
                "for _ in range(12):\n t=time.perf_counter();a@b;best=min(best,time.perf_counter()-t)\n"
                "print('rate',2*n**3/best)")
        return figure(r"rate ([\d.e+]+)", run([sys.executable, "-c", code]))

    def clpeak(self, test, pattern):
        """The best of clpeak's vector widths on the first OpenCL device."""
        found = re.findall(pattern + r"\s*: ([\d.]+)", run(["clpeak", "-p", "0", "-d", "0", f"--{test}"]))
        if not found:
            raise LookupError(f"no figure of {test} in clpeak's output")
        return max(map(float, found)) * 1e9

    def stream(self):
        """STREAM's triad of the HPC Challenge, one process a thread, all at once; a problem of 1000 keeps the rest short."""
        count = self.threads
        rows = next(rows for rows in range(int(count ** 0.5), 0, -1) if count % rows == 0)
        lines = ["", "", "HPL.out", "8", "1", "1000", "1", "80", "0", "1", str(rows), str(count // rows), "16.0",
                 "1", "2", "1", "4", "1", "2", "1", "1", "1", "1", "1", "0", "2", "64", "0", "0", "1", "8", "0"]
        with tempfile.TemporaryDirectory(dir=self.directory) as directory:
            # STREAM's arrays follow the size of the matrix: three of a fifth of it. 12000 is beyond the caches.
            lines[5] = str(int(6000 * count ** 0.5))
            with open(os.path.join(directory, "hpccinf.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            command = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-np", str(count), "hpcc"]
            if shutil.which("hpcc") is None or shutil.which("mpirun") is None:
                raise LookupError("hpcc is not installed")
            environment = CLEAN | {"OPENBLAS_NUM_THREADS": "1"}
            subprocess.run(command, env=environment, cwd=directory, capture_output=True, timeout=180, check=True)
            with open(os.path.join(directory, "hpccoutf.txt"), encoding="utf-8") as file:
                return count * figure(r"StarSTREAM_Triad=([\d.]+)", file.read(), 1e9)

    def iperf3(self):
        server = subprocess.Popen(["iperf3", "-s", "-1", "-B", "127.0.0.1", "-p", "52017"], env=CLEAN,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)  # until it listens; a probe would be the one connection that it serves
        try:
            text = run(["iperf3", "-c", "127.0.0.1", "-p", "52017", "-t", "2", "-J", "--connect-timeout", "2000"])
        finally:
            server.terminate()
            server.wait()
        return json.loads(text)["end"]["sum_received"]["bits_per_second"] / 8


def pairs(machine):
    def likwid(*arguments, **named):
        return lambda: machine.likwid(*arguments, **named)

    def openssl(*arguments, **named):
        return lambda: machine.openssl(*arguments, **named)

    def fio(value, *options):
        return lambda: machine.fio(value, *options)

    def clpeak(*arguments):
        return lambda: machine.clpeak(*arguments)

    def rate(direction):
        return lambda job: job[direction]["bw_bytes"]

    def operations(direction):
        return lambda job: job[direction]["iops"]

    def answer(percentile):
        return lambda job: job["read"]["clat_ns"]["percentile"][percentile] * 1e3

    def sync(percentile):
        # What one append with its fdatasync takes: fio counts the two apart.
        def value(job):
            parts = [job["write"]["clat_ns"], job["sync"]["lat_ns"]]
            return sum(part["percentile"][percentile] for part in parts) * 1e3
        return value

    deep = ["--ioengine=io_uring", "--iodepth=32", "--bs=4k", "--runtime=2", "--time_based"]
    alone = ["--ioengine=psync", "--bs=4k", "--runtime=2", "--time_based"]
    large = ["--ioengine=psync", "--bs=1M"]
    return [
        Pair("cpu.fp64.one", "likwid peakflops", likwid("peakflops@_fma", "24KB", threads=1)),
        Pair("cpu.fp64.all", "likwid peakflops", likwid("peakflops@_fma", "48KB")),
        Pair("cpu.fp32.one", "likwid peakflops_sp", likwid("peakflops_sp@_fma", "24KB", threads=1)),
        Pair("cpu.fp32.all", "likwid peakflops_sp", likwid("peakflops_sp@_fma", "48KB")),
        Pair("cpu.gemm.fp64.all", "OpenBLAS DGEMM", lambda: machine.openblas("float64")),
        Pair("cpu.gemm.fp32.all", "OpenBLAS SGEMM", lambda: machine.openblas("float32")),
        Pair("cpu.sha256.one", "openssl speed", openssl("sha256", threads=1)),
        Pair("cpu.sha256.all", "openssl speed", openssl("sha256")),
        Pair("cpu.aes-gcm.one", "openssl speed", openssl("aes-256-gcm", threads=1)),
        Pair("cpu.aes-gcm.all", "openssl speed", openssl("aes-256-gcm")),
        Pair("memory.triad.all", "likwid stream_mem", likwid("stream_mem@", "1GB")),
        Pair("memory.triad.all", "STREAM (hpcc)", machine.stream),
        Pair("memory.copy.all", "likwid copy_mem", likwid("copy_mem@", "1GB")),
        Pair("memory.write.all", "likwid store_mem", likwid("store_mem@", "1GB")),
        Pair("memory.read.all", "likwid load", likwid("load@", "1GB")),
        Pair("memory.read.one", "likwid load", likwid("load@", "1GB", threads=1)),
        *[Pair(f"memory.read.{level}", "likwid load", lambda level=level: machine.likwid_cache(f"memory.read.{level}"))
          for level in ("l1", "l2", "l3")],
        *[Pair(f"memory.latency.{level}", "lat_mem_rd",
               lambda level=level: machine.lat_mem_rd(f"memory.latency.{level}"), smaller_is_better=True)
          for level in ("l1", "l2", "l3", "dram", "dram.small-pages")],
        Pair("storage.write.sequential", "fio write 1M", fio(rate("write"), *large, "--rw=write", "--end_fsync=1")),
        Pair("storage.read.sequential", "fio read 1M", fio(rate("read"), *large, "--rw=read")),
        Pair("storage.read.random", "fio randread QD1", fio(operations("read"), *alone, "--rw=randread")),
        Pair("storage.write.random", "fio randwrite QD1", fio(operations("write"), *alone, "--rw=randwrite")),
        Pair("storage.read.random.qd32", "fio randread QD32", fio(operations("read"), *deep, "--rw=randread")),
        Pair("storage.write.random.qd32", "fio randwrite QD32", fio(operations("write"), *deep, "--rw=randwrite")),
        Pair("storage.read.random.p50", "fio randread QD1", fio(answer("50.000000"), *alone, "--rw=randread"),
             smaller_is_better=True),
        Pair("storage.read.random.p99", "fio randread QD1", fio(answer("99.000000"), *alone, "--rw=randread"),
             smaller_is_better=True),
        Pair("storage.fsync.p50", "fio write + fdatasync",
             fio(sync("50.000000"), *alone, "--rw=write", "--fdatasync=1"), smaller_is_better=True),
        Pair("storage.fsync.p99", "fio write + fdatasync",
             fio(sync("99.000000"), *alone, "--rw=write", "--fdatasync=1"), smaller_is_better=True),
        Pair("gpu.fp32.one", "clpeak SP", clpeak("compute-sp", r"float\d*")),
        Pair("gpu.fp64.one", "clpeak DP", clpeak("compute-dp", r"double\d*")),
        # Read only, where gcx copies.
        Pair("gpu.memory.copy.one", "clpeak global", clpeak("global-bandwidth", r"float\d*")),
        Pair("gpu.transfer.to.one", "clpeak write", clpeak("transfer-bandwidth", "enqueueWriteBuffer")),
        Pair("gpu.transfer.from.one", "clpeak read", clpeak("transfer-bandwidth", "enqueueReadBuffer")),
        Pair("network.loopback.one", "iperf3, 1 stream", machine.iperf3),
    ]


def compare(machine, pair, rounds):
    """The two series, taken in turn; the one that begins changes every round."""
    own, other = [], []
    for number in range(rounds):
        steps = [(own, lambda: machine.axis(pair.axis)), (other, pair.measure)]
        for series, measure in steps if number % 2 == 0 else reversed(steps):
            series.append(measure())
    return own, other


def steadiness(machine, runs):
    """The coefficient of variation of each processor and memory figure over whole runs, and of those all steady."""
    names = ["cpu.clock.all", "cpu.int8.all", "cpu.integer.one", "cpu.integer.all", "cpu.handover.pair"]
    names += [pair.axis for pair in pairs(machine) if pair.axis.split(".")[0] in ("cpu", "memory")]
    known = ",".join(machine.known(dict.fromkeys(names)))
    found = {}
    for _ in range(runs):
        text = run([machine.probe, "bench", "--axes", known, "--seconds", "30",
                    "--directory", machine.directory, "--bytes-max", str(1 << 30)], complaints=False)
        for axis in json.loads(text)["axes"]:
            if "value" in axis:
                found.setdefault(axis["name"], []).append((axis["value"], axis["steady"]))
    print(f"| figure | median of {runs} runs | CV | steady runs | CV of those |\n|---|---|---|---|---|")
    for name, seen in found.items():
        values, steady = [value for value, _ in seen], [value for value, is_steady in seen if is_steady]
        print(f"| {name} | {shown(name, statistics.median(values))} | {variation(values)} | {len(steady)} "
              f"| {variation(steady)} |")


def variation(series):
    if len(series) < 2:
        return "-"
    return f"{100 * statistics.stdev(series) / statistics.mean(series):.2f} %"


def spread(series):
    """Median absolute deviation as a share of the median, per cent."""
    middle = statistics.median(series)
    return 100 * statistics.median(abs(value - middle) for value in series) / middle


def shown(axis, value):
    if re.search(r"^storage\.fsync|^memory\.latency|\.p[59]|handover", axis):
        return f"{value / 1e6:.1f} µs" if value >= 1e6 else f"{value / 1e3:.2f} ns"
    if axis.endswith(".random") or ".random." in axis or axis.startswith("cpu.integer"):
        return f"{value / 1e3:.1f} kop/s"
    return f"{value / 1e9:.2f} G"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="axes whose name holds this text")
    parser.add_argument("--probe", default=".build/release/gcx-probe")
    parser.add_argument("--directory", default=".build", help="where the files of the storage figures are made")
    parser.add_argument("--steadiness", type=int, metavar="RUNS", help="instead: run all axes so often, and print the variation")
    parser.add_argument("--json", help="write all samples here")
    options = parser.parse_args()
    machine = Machine(os.path.abspath(options.probe), options.directory)
    if options.steadiness:
        return steadiness(machine, options.steadiness)
    print(f"{machine.threads} threads, {machine.isa}, {options.rounds} rounds in alternation\n")
    print("| figure | gcx | ± | reference | | ± | ratio |\n|---|---|---|---|---|---|---|")
    kept = {}
    for pair in pairs(machine):
        if options.only not in pair.axis:
            continue
        try:
            own, other = compare(machine, pair, options.rounds)
        except (LookupError, subprocess.TimeoutExpired, json.JSONDecodeError, KeyError) as reason:
            print(f"| {pair.axis} | | | {pair.tool} | | | not compared: {reason} |", flush=True)
            continue
        a, b = statistics.median(own), statistics.median(other)
        # Above 1 gcx's figure is the better one, whichever way is better.
        ratio = b / a if pair.smaller_is_better else a / b
        tool = pair.tool + (" (no accelerator: code path only)" if pair.axis in machine.stand_ins else "")
        kept[pair.axis] = {"tool": pair.tool, "gcx": own, "reference": other, "ratio": ratio}
        print(f"| {pair.axis} | {shown(pair.axis, a)} | {spread(own):.1f} % | {tool} | {shown(pair.axis, b)} "
              f"| {spread(other):.1f} % | {ratio:.3f} |", flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(kept, file, indent=2)


if __name__ == "__main__":
    main()
