"""Gives a rendered message the links by which the person answers."""

from shared.domain.consents.in_force import verdict
from shared.domain.messages.decision import Person, Send
from shared.domain.messages.dress import Dress
from shared.domain.messages.handover import Content
from shared.domain.messages.links import KeyOf, Ref
from shared.domain.messages.model import MessageRequest
from shared.domain.workspace.model import WorkspaceSettings


class Dressing:
    """Knows the address of our pages and the key of their links."""

    def __init__(self, key_of: KeyOf, api_url: str) -> None:
        """`api_url` is where links lead in workspaces without a `public_url` of their own."""
        self._key_of = key_of
        self._api_url = api_url

    def dress(
        self,
        content: Content,
        request: MessageRequest,
        send: Send,
        person: Person,
        settings: WorkspaceSettings,
    ) -> Content:
        """Give the message as it goes out; clicks are tracked where the person has not refused."""
        topic = request.topic or send.template.topic
        wish = verdict(person.consents, "tracking", topic, send.channel)
        dress = Dress(
            base=(settings.public_url or self._api_url).rstrip("/"),
            ref=Ref(request.workspace_id, request.profile_id, request.message_id),
            purpose=request.purpose,
            topic=topic,
            channel=send.channel,
            tracked=settings.tracking and (wish is None or wish.granted),
            key_of=self._key_of,
        )
        return dress.put_on(content)
