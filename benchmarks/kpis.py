#!/usr/bin/env python3
"""Daily KPIs of 30,000 products, 5 million orders and 12 million items from CSV: batch-job, DuckDB
and Polars do the same work in turns; their answers have to be equal.

    benchmarks/kpis.py [--scale 1] [--runs 5]
"""

import csv
import decimal
import sys

import contest

DATA = contest.HOME / "kpis"
HERE = contest.ROOT / "benchmarks"


def main():
    arguments = contest.arguments(__doc__)
    contest.run_in_environment()
    program = contest.build("batch-job")

    directory = DATA / f"scale-{arguments.scale:g}"
    if not (directory / "order_items.csv").exists():
        import kpis_data

        contest.apart(kpis_data.make, directory, arguments.scale)
    size = sum(file.stat().st_size for file in directory.glob("*.csv"))
    outputs = {name: directory / name for name in ["firstclick", "duckdb", "polars"]}
    for output in outputs.values():
        output.mkdir(exist_ok=True)
    results = contest.hold(
        {
            "firstclick batch-job": [
                program, "kpis", "--orders", directory / "orders.csv",
                "--order-items", directory / "order_items.csv",
                "--products", directory / "products.csv", "--out", outputs["firstclick"],
            ],
            "DuckDB": [sys.executable, HERE / "kpis_duckdb.py", directory, outputs["duckdb"]],
            "Polars": [sys.executable, HERE / "kpis_polars.py", directory, outputs["polars"]],
        },
        arguments.runs,
    )
    for peer in ["duckdb", "polars"]:
        require_equal(outputs["firstclick"], outputs[peer])
    contest.report(results, f"KPIs from {size / 1e9:.1f} GB of CSV, answers equal")


def require_equal(ours, theirs):
    """Ends the script if two directories of figures differ in any number."""
    for name in ["order_kpis.csv", "category_kpis.csv"]:
        rows, others = read(ours / name), read(theirs / name)
        if rows != others:
            different = [pair for pair in zip(rows, others) if pair[0] != pair[1]]
            sys.exit(
                f"{name}: {len(rows)} rows and {len(others)}, {len(different)} differ, such as "
                f"{different[:3]}"
            )


def read(path):
    """The rows of a file, sorted; numbers as numbers."""

    def cell(text):
        try:
            return decimal.Decimal(text)
        except decimal.InvalidOperation:
            return text

    with open(path, newline="") as file:
        rows = [[cell(text) for text in row] for row in csv.reader(file)]
    return rows[:1] + sorted(rows[1:], key=str)


if __name__ == "__main__":
    main()
