"""How answers look in a terminal that is not as wide as what they say."""

from io import StringIO

from rich.console import Console

from cli import show


def printed(table, width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(table)
    return console.file.getvalue().splitlines()


def test_long_titles_break_no_name_no_state_and_no_count():
    journeys = [
        {
            "journey": {"journey_id": f"welcome-series-{number}", "title": "Many words " * number},
            "status": "published",
            "published_version": 1,
            "version": 2,
        }
        for number in range(1, 40)
    ]
    counted = {f"welcome-series-{number}": {"started": 12345, "active": 99} for number in range(40)}

    for width in (80, 100, 200):
        lines = printed(show.journeys(journeys, counted), width)
        for number in range(1, 40):
            (line,) = [one for one in lines if one.split()[:1] == [f"welcome-series-{number}"]]
            assert " published " in line
            assert line.split()[-3:] == ["12345", "99", "12246"]
            assert max(map(len, lines)) <= width
