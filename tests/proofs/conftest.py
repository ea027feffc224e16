"""How much is tried, and from which seed on: `--sets 100000 --seed 7` is a run by hand."""

import collections
import concurrent.futures
import os

import pytest


def pytest_addoption(parser):
    parser.addoption("--sets", type=int, default=2000, help="random sets of guards")
    parser.addoption("--flows", type=int, default=2000, help="random flows")
    parser.addoption("--stories", type=int, default=600, help="random flows for which scenarios are written")
    parser.addoption("--models", type=int, default=200, help="random flows for Spin")
    parser.addoption("--seed", type=int, default=1, help="the seed of the first")


@pytest.fixture
def seeds(request):
    """`seeds("--sets", 40)`: as many seeds as the option asks for, each good for 40."""
    first = request.config.getoption("--seed")
    return lambda option, share=1: range(first, first + -(-request.config.getoption(option) // share))


@pytest.fixture
def every(request, capsys):
    """`every(items, function)` runs the function on all items, on all processors; prints and returns the sum of the counts."""

    def run(items, function):
        total = collections.Counter()
        with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
            for counts in pool.map(function, items):
                total.update(counts)
        with capsys.disabled():
            print(f"\n{request.node.name}: {items[0]} to {items[-1]}")
            for name, count in sorted(total.items()):
                print(f"  {count:7} {name}")
        return total

    return run
