# SPDX-License-Identifier: BSD-2-Clause
# Run by zip.yaml as `module: greetings`.

import sys

from greetings import greeting

print(greeting(sys.argdata["name"]))
print("imported from", __file__.rpartition("/dev/fd/")[2].partition("/")[2])
