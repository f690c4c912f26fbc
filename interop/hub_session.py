"""A session of `huggingface_hub` that uses most of what the test Hub has; hub.mjs records it."""

import json
import os
import tempfile

import huggingface_hub
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

print(json.dumps({"datasets": None, "huggingface_hub": huggingface_hub.__version__}), flush=True)

api = HfApi()
repo = {"repo_id": "me/session", "repo_type": "dataset"}


def fails(error, act):
    try:
        act()
    except error:
        return
    raise AssertionError(f"{error.__name__} was not raised")


api.whoami()
fails(RepositoryNotFoundError, lambda: api.repo_info(**repo))
api.create_repo(**repo, private=True)
api.create_repo(**repo, exist_ok=True)
add = [
    CommitOperationAdd("a b/ä.txt", b"small"),
    CommitOperationAdd("x.parquet", bytes(range(256)) * 10),
]
first = api.create_commit(**repo, operations=add, commit_message="two files")
api.upload_file(path_or_fileobj=b"more", path_in_repo="more.txt", **repo)
fails(HfHubHTTPError, lambda: api.create_commit(**repo, operations=[CommitOperationDelete("more.txt")], commit_message="late", parent_commit=first.oid))
api.create_commit(**repo, operations=[CommitOperationDelete("more.txt")], commit_message="without more")
api.create_branch(**repo, branch="try/1")
api.create_tag(**repo, tag="v1/first", revision=first.oid)
api.list_repo_refs(**repo)
api.list_repo_commits(**repo)
list(api.list_repo_tree(**repo, recursive=True, expand=True))
api.get_paths_info(**repo, paths=["x.parquet", "none"])
with tempfile.TemporaryDirectory() as folder:
    for revision in ["main", "try/1", "v1/first"]:
        path = api.hf_hub_download(**repo, filename="a b/ä.txt", revision=revision, local_dir=os.path.join(folder, revision[:2]))
        assert open(path, "rb").read() == b"small"
    path = api.hf_hub_download(**repo, filename="x.parquet", local_dir=folder)
    assert open(path, "rb").read() == bytes(range(256)) * 10
    fails(EntryNotFoundError, lambda: api.hf_hub_download(**repo, filename="none", local_dir=folder))
    fails(RevisionNotFoundError, lambda: api.hf_hub_download(**repo, filename="x.parquet", revision="none", local_dir=folder))
api.delete_tag(**repo, tag="v1/first")
api.delete_branch(**repo, branch="try/1")
api.delete_repo(**repo)
