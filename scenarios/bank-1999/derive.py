#!/usr/bin/env python3
"""Makes the CSV files of this folder from the bank's data.

    python3 derive.py FOLDER_OF_THE_DATA [HEADS_FACTOR]

The folder holds weekday_profile30.csv, summary.json and calls_1999-02-03.csv (see README.md). HEADS_FACTOR is the one calibrated number: by how much
the mean number of agents *seen active* in a half hour is multiplied before it is rounded to whole heads.
"""

import csv
import json
import pathlib
import sys

TYPES = ["PS", "NW", "NE", "IN", "TT", "PE"]
HALF_HOUR = 1800
OPENS = 7 * 3600  # time 0 of the run is 07:00


def seconds(clock):
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 - OPENS


def write(name, header, rows):
    with open(pathlib.Path(__file__).parent / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data = pathlib.Path(sys.argv[1])
    factor = float(sys.argv[2]) if len(sys.argv) > 2 else 0.75
    profile = list(csv.DictReader(open(data / "weekday_profile30.csv")))
    calls = list(csv.DictReader(open(data / "calls_1999-02-03.csv")))

    # Volumes: the mean half-hours of a weekday, each type split by the share of callers of priority 2 on the one day of which calls are known.
    volumes = []
    for kind in TYPES:
        of_kind = [call for call in calls if call["type"] == kind]
        share = sum(call["priority"] == "2" for call in of_kind) / len(of_kind)
        for row in profile:
            offered, start = float(row[kind]), seconds(row["tod"])
            volumes.append([f"{kind} regular", start, HALF_HOUR, round(offered * (1 - share), 4)])
            if share > 0:
                volumes.append([f"{kind} priority", start, HALF_HOUR, round(offered * share, 4)])
    write("volumes.csv", ["queue", "start_s", "length_s", "offered"], volumes)

    # Patience: the Kaplan-Meier survival of each type.
    summary = json.load(open(data / "summary.json"))
    for kind in TYPES:
        points = sorted((int(at), share) for at, share in summary["patience_KM_by_type"][kind].items())
        write(f"patience-{kind}.csv", ["at_s", "surviving"], points)

    # Heads: one internet specialist, one agent for the stock exchange while it trades; of the others two thirds are generalists.
    heads = []
    for row in profile:
        start = seconds(row["tod"])
        total = max(2, round(float(row["agents_active_mean"]) * factor))
        internet = 1
        exchange = 1 if 9 * 3600 <= start + OPENS < 17 * 3600 + 1800 else 0
        others = total - internet - exchange
        generalists = round(others * 2 / 3)
        for name, count in [("internet", internet), ("stock exchange", exchange), ("generalist", generalists), ("regular", others - generalists)]:
            heads.append([name, start, HALF_HOUR, count])
    write("staffing.csv", ["routing_profile", "start_s", "length_s", "heads"], sorted(heads, key=lambda row: row[0]))


if __name__ == "__main__":
    main()
