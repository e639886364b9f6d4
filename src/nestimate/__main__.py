"""`python -m nestimate`: the command where scripts of packages are not on the path."""

from nestimate.apps.cli import main

if __name__ == "__main__":
    main()
