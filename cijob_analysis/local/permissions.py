"""The permission that each request needs, as its page names it."""

from __future__ import annotations

from typing import Final

OF_LISTS: Final = {
    "inventorytriggerjob": "ci:DescribeInventoryTriggerJobs",
    "workflowexecution": "ci:DescribeMediaWorkflowExecutions",
    "jobs": "ci:DescribeMediaJobs",
    "pic_jobs": "ci:DescribePicProcessJobs",
    "doc_jobs": "ci:DescribeDocProcessJobs",
    "asr_jobs": "ci:DescribeAsrJobs",
    "workflow": "ci:DescribeMediaWorkflows",
    "queue": "ci:DescribeMediaQueues",
    "picqueue": "ci:DescribePicProcessQueues",
    "asrqueue": "ci:DescribeAsrQueues",
    "docqueue": "ci:DescribeDocProcessQueues",
    "ai_queue": "ci:DescribeAIQueues",
    "file_queue": "ci:DescribeFileProcessQueues",
}
"""By the path of a list; the last two are printed on no page."""

OF_ONE: Final = {
    "inventorytriggerjob": "ci:DescribeInventoryTriggerJob",
    "workflowexecution": "ci:DescribeMediaWorkflowExecution",
    "jobs": "ci:DescribeMediaJob",
    "pic_jobs": "ci:DescribePicProcessJob",
    "doc_jobs": "ci:DescribeDocProcessJob",
    "asr_jobs": "ci:DescribeAsrJob",
    "file_jobs": "ci:DescribeFileProcessJob",
    "ai_jobs": "ci:DescribeAIJob",
}
"""By the path before the ids; those of an execution, of file jobs and of AI jobs are printed on no page."""

ACTIONS: Final = frozenset({*OF_LISTS.values(), *OF_ONE.values()})
