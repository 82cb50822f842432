"""What the Flex Template's launcher starts: a call of the package, and nothing that could be pickled.

All that it does stands in ``pipeline/cli/dataflow_template.py``, where workers can import it.
"""

import sys

from pipeline.cli.dataflow_template import launch

sys.exit(launch(sys.argv[1:]))
