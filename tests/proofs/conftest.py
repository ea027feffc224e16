"""How much is tried, and from which seed on: `--sets 100000 --seed 7` is a run by hand."""

import collections
import concurrent.futures
import os

import pytest


def pytest_addoption(parser):
    parser.addoption("--sets", type=int, default=2000, help="random sets of guards")
    parser.addoption("--flows", type=int, default=2000, help="random flows")
    parser.addoption("--models", type=int, default=200, help="random flows for Spin")
    parser.addoption("--seed", type=int, default=1, help="the seed of the first")


@pytest.fixture
def every(request, capsys):
    """`every("--sets", function, share)` runs function(seed) on all processors until the number that the option asks for is
    reached, `share` of them a call, and prints and returns the sum of the counts that the calls return."""

    def run(option, function, share=1):
        first, number = request.config.getoption("--seed"), request.config.getoption(option)
        seeds = range(first, first + -(-number // share))
        total = collections.Counter()
        with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
            for counts in pool.map(function, seeds):
                total.update(counts)
        with capsys.disabled():
            print(f"\n{request.node.name}: seeds {first} to {seeds[-1]}")
            for name, count in sorted(total.items()):
                print(f"  {count:7} {name}")
        return total

    return run
