"""What the Flex Template's launcher starts. All that it does stands in the package, where it is importable by
workers; nothing of this file is ever pickled."""

import sys

from pipeline.cli.dataflow_template import launch

sys.exit(launch(sys.argv[1:]))
