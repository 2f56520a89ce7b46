"""Where the files of audiences lie, and what they are."""

from typing import NamedTuple

from shared.domain.audiences.model import Audience

FOLDER = "audiences"


class File(NamedTuple):
    """The key of an object, and its content type."""

    key: str
    content_type: str


def folder_of(workspace_id: str) -> str:
    """Prefix of all files of a workspace."""
    return f"{FOLDER}/{workspace_id}/"


def file_of(workspace_id: str, audience: Audience) -> File:
    """The file of an audience."""
    place = f"{folder_of(workspace_id)}{audience.audience_id}"
    if audience.format == "jsonl":
        return File(f"{place}.jsonl", "application/x-ndjson")
    return File(f"{place}.csv", "text/csv; charset=utf-8")
