"""`elvisbot` and `python -m elvisbot`."""

import io
import sys


def main() -> None:
    """Run the command line; a problem that the user can mend is printed with its remedy."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # emoji must end no command on old consoles
    from elvisbot.cli import elvisbot
    from elvisbot.errors import ElvisBotError

    try:
        elvisbot(prog_name="elvisbot")
    except ElvisBotError as error:
        from elvisbot.console import complain

        complain(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
