"""The rules: one file per record family, or a folder of them where they are many, by theme.

The folder is the list: every file in it, and in its folders, is imported.
"""

from __future__ import annotations

import importlib
import pkgutil

for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    importlib.import_module(_module.name)
