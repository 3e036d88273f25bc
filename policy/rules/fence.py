"""What is refused before a condition is parsed: length, number of tokens, nesting, and every token that is not needed.

What is left are columns, numbers, texts and the operators of the language, so that the parser meets nothing else. The
operators that SQL lacks are given tokens of operators that it parses in the same way and that are no part of the
language: ``CONTAINS ANY`` those of GLOB, ``IN LIST`` those of RLIKE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from policy.rules.problems import RuleError

MOST_BYTES = 4_096
MOST_TOKENS = 500
MOST_NESTED = 20
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = {
    word: TokenType[word] for word in ("AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE", "LIKE")
}
_OURS = ("CONTAINS", "ANY", "LIST")
_SIGNS = {
    *(TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE),
    *(TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH),
    *(TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA, TokenType.STRING, TokenType.NUMBER),
}
_NOT_OURS = (
    *("SELECT", "FROM", "WHERE", "CASE", "WHEN", "CAST", "OVER", "AS", "EXISTS", "UNION", "WITH", "ILIKE", "RLIKE"),
    *("REGEXP", "GLOB", "SIMILAR", "ESCAPE", "ALL", "SOME", "DISTINCT", "INTERVAL", "COLLATE", "HAVING", "GROUP"),
    *("ORDER", "LIMIT"),
)
_REMEDIES = {
    TokenType.IDENTIFIER: "Write columns without quotes, and texts in single ones.",
    TokenType.SEMICOLON: "Write one condition.",
    TokenType.DOT: "Name the column alone.",
    TokenType.DCOLON: "Values are not cast: every column has its type.",
}


def fenced(condition: str) -> list[Token]:
    """Tokens of a condition, as the parser of sqlglot takes them.

    Raises
    ------
    RuleError
        When it is too long, too deep, or holds what is no part of the language; with its position.
    """
    if len(condition.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise RuleError(f"the condition has more than {MOST_BYTES:,} bytes. Split the rule.", MOST_BYTES)
    tokens = _tokens(condition)
    if len(tokens) > MOST_TOKENS:
        position = tokens[MOST_TOKENS].start + 1
        raise RuleError(f"the condition has more than {MOST_TOKENS} words and signs. Split the rule.", position)
    named = [_allowed(token, condition) for token in tokens]
    _check_nesting(named)
    joined = list(_joined(named))
    for before, token in zip([None, *joined], joined, strict=False):
        _check_constant(before, token)
    for token, following in pairwise(joined):
        if token.token_type is TokenType.VAR and following.token_type is TokenType.L_PAREN:
            raise RuleError(
                f"{token.text} is used as a function. The language has none: compare columns by = <> < <= > >= and "
                "compute by + - * /.",
                token.start + 1,
            )
    return joined


def _tokens(condition: str) -> list[Token]:
    if "\0" in condition:
        raise RuleError("a NUL character is no part of a condition.", condition.index("\0") + 1)
    try:
        tokens: list[Token] = Tokenizer().tokenize(condition)
    except TokenError:
        begins = max(condition.rfind("'"), condition.rfind('"'), condition.rfind("/*"), 0)
        raise RuleError("a text is not ended. End it by a single quote.", begins + 1) from None
    for token in tokens:
        if token.comments:
            raise RuleError("comments hide conditions. Put them into the description of the rule.", token.start + 1)
    if not tokens:
        raise RuleError("the condition is empty. Write one, such as gross_weight_g < 100.", 1)
    return tokens


def _allowed(token: Token, condition: str) -> Token:
    if token.token_type in _SIGNS:
        return token
    position, written = token.start + 1, condition[token.start : token.end + 1]
    if token.token_type is TokenType.IDENTIFIER or not _WORD.fullmatch(written):
        remedy = _REMEDIES.get(token.token_type, "See docs/decision-rules.md for what is.")
        raise RuleError(f"{written[:40]} is no part of the language. {remedy}", position)
    upper = written.upper()
    if upper in _NOT_OURS:
        raise RuleError(f"{upper} is no part of the language: a rule is one condition over one parcel.", position)
    return _like(token, _KEYWORDS.get(upper, TokenType.VAR), upper if upper in _OURS else written)


def _like(token: Token, kind: TokenType, text: str) -> Token:
    return Token(kind, text, line=token.line, col=token.col, start=token.start, end=token.end)


def _check_nesting(tokens: Sequence[Token]) -> None:
    depth = signs = 0
    for token in tokens:
        kind = token.token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        signs = signs + 1 if kind in (TokenType.NOT, TokenType.DASH) else 0
        if depth + signs > MOST_NESTED:
            raise RuleError(f"more than {MOST_NESTED} brackets or signs are nested. Simplify it.", token.start + 1)


def _check_constant(before: Token | None, token: Token) -> None:
    """NULL belongs behind IS or NOT, yes and no behind a comparison; elsewhere they mean nothing."""
    kind = before.token_type if before is not None else None
    if token.token_type is TokenType.NULL and kind not in (TokenType.IS, TokenType.NOT):
        raise RuleError("NULL is written behind IS or IS NOT only: nothing equals what is not known.", token.start + 1)
    if token.token_type in (TokenType.TRUE, TokenType.FALSE) and kind not in (TokenType.EQ, TokenType.NEQ):
        raise RuleError(f"{token.text} is no condition. Name a yes/no column alone, or NOT before it.", token.start + 1)


def _joined(tokens: Sequence[Token]) -> Iterator[Token]:
    """The same, the operators of more than one word as one token."""
    index = 0
    while index < len(tokens):
        words = [token.text.upper() if token.token_type is not TokenType.STRING else "" for token in tokens[index:][:3]]
        token = tokens[index]
        if words[:2] == ["CONTAINS", "ANY"]:
            n = 3 if words[2:] == ["LIST"] else 2
            yield _like(token, TokenType.GLOB, "GLOB")
        elif words[:2] == ["IN", "LIST"]:
            n = 2
            yield _like(token, TokenType.RLIKE, "RLIKE")
        elif index and tokens[index - 1].text == "LIST" and token.token_type is TokenType.VAR:
            n = _n_of_name(tokens[index:])
            yield _like(token, TokenType.VAR, "".join(part.text for part in tokens[index : index + n]))
        else:
            n = 1
            yield token
        index += n


def _n_of_name(tokens: Sequence[Token]) -> int:
    """How many tokens without blanks between them are the name of a list, whose parts hyphens may join."""
    return next(
        (n for n, (one, other) in enumerate(pairwise(tokens), start=1) if one.end + 1 != other.start or _ends(other)),
        len(tokens),
    )


def _ends(token: Token) -> bool:
    return token.token_type not in (TokenType.VAR, TokenType.DASH, TokenType.NUMBER)
