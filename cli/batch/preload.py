"""What most jobs need, loaded once by a fork server for all its workers.

The numbers of threads come first: a library reads its own as it loads, and a process that has threads must not fork.
"""

import os

from gex.cli.batch.threads import ONE_THREAD

os.environ.update(ONE_THREAD)

import gex.analysis
import gex.cli.batch.frames
import gex.cli.batch.job
import gex.ingest.read
import gex.ingest.result_parts  # noqa: F401
