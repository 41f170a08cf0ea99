"""`python -m bench`, from the root of the checkout."""

from bench.cli import main

if __name__ == "__main__":
    main()
