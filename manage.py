#!/usr/bin/env python3
"""Runs Stagekeeper's commands; `manage.py help` lists them, and `manage.py up` runs everything."""

import os
import sys


def main() -> None:
    """Run the command on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:] == ["up"]:
        # Not a Django command: the supervisor starts the broker before Django reads its settings, which name it.
        from config.supervisor import up

        sys.exit(up())
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
