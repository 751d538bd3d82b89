#!/usr/bin/env python3
"""First clicks of 2 million checkouts among 10 million clicks, from JSON lines and from CSV: batch-job,
DuckDB and Polars do the same work in turns; their answers have to be equal.

    benchmarks/attribution.py [--scale 1] [--runs 5]

The peers are spared the number of clicks in the window, which batch-job counts as well.
"""

import csv
import subprocess
import sys

import contest

HERE = contest.ROOT / "benchmarks"
COLUMNS = ["checkout_id", "attributed_click_id"]


def main():
    arguments = contest.arguments(__doc__)
    contest.run_in_environment()
    program = contest.build("batch-job")

    directory = contest.HOME / "attribution" / f"scale-{arguments.scale:g}"
    if not (directory / "csv").exists():
        contest.apart(make, directory, int(12_000_000 * arguments.scale))
    for form in ["jsonl", "csv"]:
        files = {kind: sorted((directory / form / kind).iterdir()) for kind in ["clicks", "checkouts"]}
        outputs = {name: directory / f"{name}.csv" for name in ["firstclick", "duckdb", "polars"]}
        results = contest.hold(
            {
                "firstclick batch-job": [
                    program, "attribute", "--clicks", *files["clicks"],
                    "--checkouts", *files["checkouts"], "--out", outputs["firstclick"],
                ],
                "DuckDB": [
                    sys.executable, HERE / "attribution_duckdb.py", form, directory, outputs["duckdb"]
                ],
                "Polars": [
                    sys.executable, HERE / "attribution_polars.py", form, directory, outputs["polars"]
                ],
            },
            arguments.runs,
        )
        contest.apart(require_equal, outputs)
        size = sum(file.stat().st_size for kind in files.values() for file in kind)
        contest.report(results, f"attribution from {size / 1e9:.1f} GB of {form}, answers equal")


def make(directory, events):
    """Writes the events as JSON lines by our generator, and the same as CSV by DuckDB."""
    import duckdb

    generator = contest.build("generator")
    log = directory / "jsonl"
    subprocess.run(
        [
            generator, "--to", f"file:{log}", "--events", str(events), "--max-speed", "--seed", "1",
            "--users", "200000", "--disorder", "4m", "--orphans", "0.01",
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    columns = {
        "clicks": [
            "event_id", "user_id", "timestamp", "product_id", "product_name", "product_category",
            "product_price", "session_id", "device_type", "page_url", "referrer",
        ],
        "checkouts": [
            "event_id", "user_id", "timestamp", "total_amount", "session_id", "payment_method",
            "items", "shipping_address",
        ],
    }
    partial = directory / "csv.part"
    for kind, names in columns.items():
        (partial / kind).mkdir(parents=True)
        for number, file in enumerate(sorted((log / kind).iterdir())):
            duckdb.sql(
                f"COPY (SELECT * FROM read_json('{file}', format = 'newline_delimited',"
                f" columns = {dict.fromkeys(names, 'VARCHAR')}))"
                f" TO '{partial / kind}/{number}.csv' (HEADER)"
            )
    partial.rename(directory / "csv")


def read(path):
    """The click of each checkout."""
    with open(path, newline="") as file:
        return {row[COLUMNS[0]]: row[COLUMNS[1]] for row in csv.DictReader(file)}


def require_equal(outputs):
    """Fails if the answers of a peer differ from ours."""
    ours = read(outputs["firstclick"])
    for peer in ["duckdb", "polars"]:
        theirs = read(outputs[peer])
        if ours != theirs:
            keys = ours.keys() | theirs.keys()
            different = [key for key in keys if ours.get(key) != theirs.get(key)]
            sys.exit(f"{peer}: {len(different)} of {len(ours)} answers differ, such as {different[:3]}")


if __name__ == "__main__":
    main()
