"""The SDK, called one id, or one page, after the other: a script of its own, for an interpreter of its own.

It needs ``cos-python-sdk-v5`` and nothing of this project. It reads ids, one a line, and prints jobs per second. With
``--list`` it walks the list of batch jobs to its end instead, and prints how many there were and how long it took [s].
"""

import argparse
import sys
import time

from qcloud_cos import CosConfig, CosS3Client


def main() -> None:
    """Get the ids of the standard input, or the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "bucket", "region"):
        parser.add_argument(name)
    parser.add_argument("--list", nargs=2, metavar=("FROM", "TO"), help="walk the list of what was created in between")
    arguments = parser.parse_args()
    config = CosConfig(
        Region=arguments.region,
        SecretId="AKIDbenchmarkbenchmarkbenchmark00000",
        SecretKey="benchmarkbenchmarkbenchmark00000",
        Scheme="http",
        IP="127.0.0.1",
        Port=int(arguments.port),
        Domain=f"{arguments.bucket}.ci.{arguments.region}.myqcloud.com",
    )
    client = CosS3Client(config)
    if arguments.list:
        walk(client, arguments.bucket, *arguments.list)
    else:
        get_each(client, arguments.bucket, sys.stdin.read().split())


def get_each(client: CosS3Client, bucket: str, job_ids: list[str]) -> None:
    """Get each id, the first one to warm up."""
    client.ci_get_inventory_trigger_jobs(Bucket=bucket, JobID=job_ids[0])
    began = time.perf_counter()
    for job_id in job_ids[1:]:
        answer = client.ci_get_inventory_trigger_jobs(Bucket=bucket, JobID=job_id)
        if answer["JobsDetail"][0]["JobId"] != job_id:
            raise RuntimeError(f"asked for {job_id}, got {answer}")
    print((len(job_ids) - 1) / (time.perf_counter() - began))


def walk(client: CosS3Client, bucket: str, oldest: str, newest: str) -> None:
    """Read a list, page after page, as its tokens lead."""
    filters = {"Bucket": bucket, "StartCreationTime": oldest, "EndCreationTime": newest, "Size": 100, "Type": ""}
    client.ci_list_inventory_trigger_jobs(**filters)
    began = time.perf_counter()
    jobs, token = [], ""
    while token is not None:
        answer = client.ci_list_inventory_trigger_jobs(**filters, NextToken=token)
        jobs += answer["JobsDetail"]
        token = answer.get("NextToken")
    print(len({job["JobId"] for job in jobs}), time.perf_counter() - began)


if __name__ == "__main__":
    main()
