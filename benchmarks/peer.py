"""The SDK, called one id after the other: a script of its own, for an interpreter of its own.

It needs ``cos-python-sdk-v5`` and nothing of this project. It reads ids, one a line, and prints jobs per second.
"""

import argparse
import sys
import time

from qcloud_cos import CosConfig, CosS3Client


def main() -> None:
    """Get the ids of the standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "bucket", "region"):
        parser.add_argument(name)
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
    warm_up, *job_ids = sys.stdin.read().split()
    client.ci_get_inventory_trigger_jobs(Bucket=arguments.bucket, JobID=warm_up)
    began = time.perf_counter()
    for job_id in job_ids:
        answer = client.ci_get_inventory_trigger_jobs(Bucket=arguments.bucket, JobID=job_id)
        if answer["JobsDetail"][0]["JobId"] != job_id:
            raise RuntimeError(f"asked for {job_id}, got {answer}")
    print(len(job_ids) / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
