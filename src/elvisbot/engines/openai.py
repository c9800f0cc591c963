"""Another machine computes: a server that speaks OpenAI's protocol, such as llama-server or vLLM,
with this bot's model loaded.

The prompt goes there as token ids, as the protocol allows, and never as text: what a visitor types
cannot turn into a marker there. (Ollama takes text alone and refuses.) The reply comes back as
text, in which the server has to write out the break between two messages; whether it does is found
out at the start.
"""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from tokenizers import Tokenizer

from elvisbot.bots import Bot, Decoding
from elvisbot.engines import require_fit, trained_format
from elvisbot.errors import EngineError, UsageError
from elvisbot.families import BREAK, ChatFormat
from elvisbot.sampling import read_biases, with_decoding

MAX_CONTEXT: Final = 1024
"""Tokens of a conversation, where the server has room for as many."""

API_KEY: Final = "OPENAI_API_KEY"
"""The environment variable that holds the server's key, if it asks for one."""

TIMEOUT: Final = 60.0
"""Seconds without a sign of life, after which the server counts as gone."""

_CERTAIN: Final = 100
_AT_ONCE: Final = 4


def load(bot: Bot, url: str | None = None) -> "OpenAI":
    """Connect to the server at `url`, with or without its `/v1`.

    Raises:
        UsageError: if there is no `url`, or it is none.
        BotNotFoundError: if the bot has no model yet.
        EngineError: if the server cannot be reached, does not have the bot's model, or does not
            write out the break.
    """
    if url is None or urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(
            "Where is the server?" if url is None else f"{url} is no address of a server.",
            remedy="Name it: --engine openai --url http://127.0.0.1:8080",
        )
    settings = bot.settings
    engine = OpenAI(
        url.rstrip("/").removesuffix("/v1"),
        trained_format(bot),
        base=settings.recipe.base,
        longest_reply=settings.decoding.max_tokens,
        biases=read_biases(bot.biases),
    )
    engine.check()
    return engine


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *request: Any) -> None:
        """None lets the redirect end as the error that it is."""


class OpenAI:
    """See `elvisbot.engines.Engine`.

    The tokens of a reply are those that the bot's tokenizer makes of its text; the model may have
    said the same with others.
    """

    at_once = _AT_ONCE

    def __init__(
        self,
        url: str,
        chat_format: ChatFormat,
        *,
        base: str,
        longest_reply: int,
        biases: Mapping[int, float],
    ) -> None:
        self.format = chat_format
        # One of its own, since in what a server says markers are markers.
        self._tokenizer = Tokenizer.from_str(chat_format.tokenizer.to_str())
        self._tokenizer.encode_special_tokens = False
        is_here = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
        # What is sent goes to that address and nowhere else.
        proxies = [urllib.request.ProxyHandler({})] if is_here else []
        self._opener = urllib.request.build_opener(_NoRedirects, *proxies)
        self._url = url
        self._biases = biases
        try:
            model = self._document("GET", "/v1/models")["data"][0]
            self._model = str(model["id"])
            # As llama-server and vLLM tell it; others do not.
            told = model.get("meta", {}).get("n_ctx") or model.get("max_model_len") or MAX_CONTEXT
            self._context = min(MAX_CONTEXT, int(told))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise self._trouble("it does not name its model") from error
        self.max_prompt = max(self._context // 2, self._context - longest_reply)
        self.description = f"{base} on another machine"

    def generate(
        self, prompt: Sequence[int], decoding: Decoding, *, stop: Collection[int]
    ) -> Iterator[int]:
        """See `elvisbot.engines.Engine`."""
        require_fit(prompt, self.max_prompt)
        biases = with_decoding(self._biases, self.format, decoding)
        request = {
            **self._request(prompt, min(decoding.max_tokens, self._context - len(prompt))),
            "stream": True,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "min_p": decoding.min_p,
            "logit_bias": {str(token): bias for token, bias in biases.items()},
        }
        left = decoding.max_tokens
        with closing(self._open("POST", "/v1/completions", request)) as lines:
            for text in self._texts(lines):
                for token in self._tokens(text)[:left]:
                    if token in stop:
                        return
                    yield token
                    left -= 1

    def log_probabilities(self, prompt: Sequence[int], top: int) -> dict[int, float]:
        """See `elvisbot.engines.Engine`. Servers may tell of fewer than `top`."""
        require_fit(prompt, self._context)
        request = {
            **self._request(prompt, 1),
            "temperature": 0,
            "logprobs": top,
            "return_tokens_as_token_ids": True,  # vLLM's
        }
        answer = self._document("POST", "/v1/completions", request)
        try:
            found = answer["choices"][0]["logprobs"]
            if "content" in found:  # llama-server
                return {each["id"]: each["logprob"] for each in found["content"][0]["top_logprobs"]}
            named = found["top_logprobs"][0].items()
            return {int(name.removeprefix("token_id:")): value for name, value in named}
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._trouble("it tells no probabilities") from error

    def close(self) -> None:
        """See `elvisbot.engines.Engine`; the server goes on."""

    def check(self) -> None:
        """Raise EngineError unless the server says the break where it is made to."""
        request = {
            **self._request([self.format.start_id], 1),
            "temperature": 0,
            "logit_bias": {str(self.format.break_id): _CERTAIN},
        }
        try:
            said = self._document("POST", "/v1/completions", request)["choices"][0]["text"]
        except (KeyError, IndexError, TypeError) as error:
            raise self._trouble("it completes nothing") from error
        if said != BREAK:
            raise EngineError(
                f"The server at {self._url} does not write out {BREAK}.",
                remedy="Load this bot's own model there, and start llama-server with --special.",
            )

    def _request(self, prompt: Sequence[int], max_tokens: int) -> dict[str, Any]:
        return {
            "model": self._model,
            "prompt": list(prompt),
            "max_tokens": max_tokens,
            "top_k": -1,
            "cache_prompt": True,  # llama-server's
            "skip_special_tokens": False,  # vLLM's
        }

    def _tokens(self, text: str) -> list[int]:
        """What was said, its markers included."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _texts(self, lines: Any) -> Iterator[str]:
        """The pieces of a reply, from a stream of server-sent events."""
        try:
            for line in lines:
                data = line.decode().partition("data:")[2].strip()
                if data == "[DONE]":
                    return
                if not data:
                    continue
                document = json.loads(data)
                if "error" in document:  # whose words may be the visitor's
                    raise self._trouble("it reports an error")
                for choice in document["choices"]:
                    yield str(choice["text"] or "")
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            raise self._trouble("the reply broke off") from error
        raise self._trouble("the reply broke off")

    def _document(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            with closing(self._open(method, path, body)) as answer:
                document: dict[str, Any] = json.load(answer)
        except (OSError, HTTPException, ValueError) as error:
            raise self._trouble("what it says is no JSON") from error
        return document

    def _open(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        if key := os.environ.get(API_KEY):
            request.add_header("Authorization", f"Bearer {key}")
        try:
            return self._opener.open(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            with error:
                raise self._trouble(f"it says {error.code}, {error.reason}") from None
        except (OSError, HTTPException) as error:
            raise self._trouble("it cannot be reached") from error

    def _trouble(self, reason: str) -> EngineError:
        return EngineError(
            f"The server at {self._url} gives no answer: {reason}.",
            remedy=f"See that it runs with this bot's model, takes token ids, and that {API_KEY} "
            "is its key, if it has one.",
        )
