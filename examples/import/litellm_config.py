#!/usr/bin/env python3
"""The keys in a config.yaml of LiteLLM, as JSON lines: those of `model_list` and of `credential_list`.

    litellm_config.py config.yaml | byok key import - --org acme

It needs PyYAML. `os.environ/NAME` is read from the environment, as LiteLLM does. A key that several models share is written once.
"""
import json
import os
import sys

import yaml

# What LiteLLM calls differently.
PROVIDERS = {"azure": "azure_openai", "vertex_ai": "vertex", "together_ai": "together", "fireworks_ai": "fireworks"}
# A model without a provider before it is one of OpenAI's.
DEFAULT = "openai"


def value(text):
    """The value, or that of the variable that it names."""
    if isinstance(text, str) and text.startswith("os.environ/"):
        name = text.removeprefix("os.environ/")
        if name not in os.environ:
            sys.exit(f"the variable {name} is not set")
        return os.environ[name]
    return text


def entry(provider, values):
    """A line of the list. The address of an Azure resource belongs to its key."""
    provider = PROVIDERS.get(provider, provider)
    line = {"provider": provider, "key": value(values["api_key"])}
    if provider == "azure_openai" and values.get("api_base"):
        line["settings"] = {"endpoint": value(values["api_base"])}
    return line


def entries(config):
    for model in config.get("model_list") or []:
        values = model.get("litellm_params") or {}
        if values.get("api_key"):
            before, slash, _ = str(values.get("model", "")).partition("/")
            yield entry(values.get("custom_llm_provider") or (before if slash else DEFAULT), values)
    for credential in config.get("credential_list") or []:
        info, values = credential.get("credential_info") or {}, credential.get("credential_values") or {}
        if values.get("api_key"):
            yield entry(info.get("custom_llm_provider") or info.get("provider") or DEFAULT, values)


seen = set()
with open(sys.argv[1], encoding="utf-8") as file:
    for line in entries(yaml.safe_load(file)):
        text = json.dumps(line)
        if text not in seen:
            seen.add(text)
            print(text)
