"""A mail at a visit and another one a day later: for scenarios about what may go wrong between."""

from typing import Any


def two_mails(name: str, *journeys: dict[str, Any], time_scale: float) -> list[dict[str, Any]]:
    """Settings, template `NAME-mail` and journeys that begin at the event `NAME visit`.

    `journeys` are the ids of these, and what else each says of itself.
    """
    mail = f"{name}-mail"
    steps = [
        {"type": "send", "name": "first", "template_id": mail},
        {"type": "wait", "name": "a day", "duration": "P1D"},
        {"type": "send", "name": "second", "template_id": mail},
    ]
    return [
        {
            "kind": "settings",
            "rehearsal": True,
            "time_scale": time_scale,
            "email_from": "shop@example.com",
        },
        {
            "kind": "template",
            "template_id": mail,
            "channel": "email",
            "subject": "{{ profile.first_name }}",
            "html": "<p>Dear {{ profile.first_name }}</p>",
        },
        *(
            {
                "kind": "journey",
                "title": "Two mails with a wait between them",
                "entry": {"type": "event", "event": f"{name} visit"},
                "steps": steps,
                **journey,
            }
            for journey in journeys
        ),
    ]
