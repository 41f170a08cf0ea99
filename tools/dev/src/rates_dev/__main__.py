"""`python -m rates_dev COMMAND`."""

from rates_dev.cli import main

if __name__ == "__main__":
    main()
