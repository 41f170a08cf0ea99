"""`python -m rates_dev`, as the justfile calls it."""

from rates_dev.cli import main

if __name__ == "__main__":
    main()
