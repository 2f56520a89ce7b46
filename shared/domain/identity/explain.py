"""Says why identifiers are one person, as a path of evidence, and why others are not."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.identity.evidence import CUT
from shared.domain.identity.graph import Edge, Graph, Identifier, Proof
from shared.domain.identity.resolution import Dispute, Reason


class Step(NamedTuple):
    """One link and what it says, in English and Chinese."""

    edge: Edge
    en: str
    zh: str


_KINDS: Final = {
    "user_id": ("user id", "用户 ID"),
    "member_id": ("member id", "会员号"),
    "wechat_unionid": ("WeChat unionid", "微信 UnionID"),
    "wechat_openid": ("WeChat openid", "微信 OpenID"),
    "wecom_external_userid": ("WeCom external user id", "企业微信外部联系人 ID"),
    "phone": ("phone", "手机号"),
    "email": ("e-mail", "邮箱"),
    "device_id": ("device", "设备"),
    "anonymous_id": ("anonymous id", "匿名 ID"),
}
_PROOFS: Final[dict[Proof, tuple[str, str]]] = {
    "none": ("nobody vouches for it", "无人担保"),
    "server": ("a server-side key vouches for it", "由服务端密钥担保"),
    "hash": ("a user hash vouches for it", "由用户签名担保"),
    "operator": ("an operator vouches for it", "由运营人员担保"),
    "import": ("it was imported", "来自导入"),
}
_REASONS: Final[dict[Reason, tuple[str, str]]] = {
    "limit": (
        "one person would then hold more identifiers of a kind than the rules allow",
        "合并后同一人持有的某类标识会超过规则上限",
    ),
    "kept_apart": (
        "a device or browser does not join people whom stronger identifiers keep apart",
        "设备或浏览器标识不能合并被强标识区分开的人",
    ),
    "unproven": (
        "it came by a public key, which may add to a person but not merge two",
        "来自公开密钥，只能补充标识，不能合并两个人",
    ),
    "unmerged": ("an operator has cut this link", "运营人员已解除此关联"),
    "blocked": (
        "the rules no longer let one of the two name anybody",
        "按现行规则，其中一个标识已不再有效",
    ),
    "breaker": (
        "one person would then have too many identifiers or too many merges on a day",
        "合并后同一人的标识过多，或单日合并次数过多",
    ),
}


def path_between(graph: Graph, one: Identifier, other: Identifier) -> tuple[Edge, ...]:
    """The shortest path of links from one identifier to another; empty when there is none."""
    return _paths_from(graph, one, lambda end: end == other).get(other, ())


def why_one(graph: Graph, one: Identifier, other: Identifier) -> tuple[Step, ...]:
    """Why two identifiers are one person, link by link; empty when nothing joins them."""
    return steps(path_between(graph, one, other))


def why_person(graph: Graph) -> dict[Identifier, tuple[Step, ...]]:
    """Why each identifier is this person: the path to it from the strongest, which has none."""
    paths = _paths_from(graph, graph.nodes[0].identifier, lambda _: False)
    return {node.identifier: steps(paths.get(node.identifier, ())) for node in graph.nodes}


def why_two(dispute: Dispute) -> Step:
    """Why a link does not make its two identifiers one person."""
    said_en, said_zh = _said(dispute.edge)
    en, zh = _REASONS[dispute.reason]
    if dispute.edge.rule == CUT:
        return Step(dispute.edge, said_en, said_zh)
    return Step(dispute.edge, f"{said_en}; it does not count: {en}", f"{said_zh}；不予采信：{zh}")


def steps(edges: Iterable[Edge]) -> tuple[Step, ...]:
    """Links in words."""
    return tuple(Step(edge, *_said(edge)) for edge in edges)


def _paths_from(
    graph: Graph, start: Identifier, is_end: Callable[[Identifier], bool]
) -> dict[Identifier, tuple[Edge, ...]]:
    """Shortest paths to whatever is reached before an end; of equals, proven and early links."""
    links: dict[Identifier, list[tuple[Edge, Identifier]]] = {}
    for edge in sorted(graph.edges, key=lambda edge: (edge.proof == "none", edge.at, edge.pair)):
        links.setdefault(edge.left, []).append((edge, edge.right))
        links.setdefault(edge.right, []).append((edge, edge.left))
    paths: dict[Identifier, tuple[Edge, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if is_end(here):
            break
        for edge, there in links.get(here, ()):
            if there not in paths:
                paths[there] = (*paths[here], edge)
                queue.append(there)
    return paths


def _said(edge: Edge) -> tuple[str, str]:
    """What a piece of evidence says, without a full stop."""
    (one_en, one_zh), (other_en, other_zh) = map(_name, edge.pair)
    at = _minute(edge.at)
    if edge.rule == CUT:
        return (
            f"on {at} an operator ({edge.source_id}) cut {one_en} from {other_en}",
            f"{at}，运营人员（{edge.source_id}）解除了{one_zh}与{other_zh}的关联",
        )
    proof_en, proof_zh = _PROOFS[edge.proof]
    return (
        f"on {at} the event {edge.rule} ({edge.message_id} from {edge.source_id}) named "
        f"{one_en} and {other_en} together; {proof_en}",
        f"{at}，事件 {edge.rule}（{edge.message_id}，来源 {edge.source_id}）同时给出"
        f"{one_zh}与{other_zh}；{proof_zh}",
    )


def _name(identifier: Identifier) -> tuple[str, str]:
    en, zh = _KINDS.get(identifier.kind, (identifier.kind, identifier.kind))
    return f"{en} “{identifier.value}”", f"{zh}“{identifier.value}”"


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
