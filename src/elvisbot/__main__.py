"""`elvisbot` and `python -m elvisbot`."""

import sys


def main() -> None:
    """Run the command line; a problem that the user can mend is printed with its remedy."""
    from elvisbot.cli import elvisbot
    from elvisbot.errors import ElvisBotError

    try:
        elvisbot()
    except ElvisBotError as error:
        from elvisbot.console import complain

        complain(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
