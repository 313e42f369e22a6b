#!/usr/bin/env python3
"""The keys in a config.yaml of LiteLLM, as JSON lines: those of `model_list` and of `credential_list`.

    litellm_config.py config.yaml | byok key import - --org acme

It needs PyYAML. `os.environ/NAME` is read from the environment, as LiteLLM does. A key that several models share is written once.
"""
import json
import os
import sys

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
    provider = PROVIDERS.get(provider.lower(), provider.lower())
    line = {"provider": provider, "key": value(values["api_key"])}
    if provider == "azure_openai" and values.get("api_base"):
        line["settings"] = {"endpoint": value(values["api_base"])}
    return line


def of_model(values):
    """The line of a model that has a key of its own."""
    if values.get("api_key"):
        before, slash, _ = str(values.get("model", "")).partition("/")
        yield entry(values.get("custom_llm_provider") or (before if slash else DEFAULT), values)


def of_credential(values, info):
    """The line of a credential, which several models may name."""
    if values.get("api_key"):
        yield entry(info.get("custom_llm_provider") or info.get("provider") or DEFAULT, values)


def write(lines):
    """Writes each line once, and none if one of them fails."""
    for text in dict.fromkeys(json.dumps(line) for line in lines):
        print(text)


def entries(config):
    for model in config.get("model_list") or []:
        yield from of_model(model.get("litellm_params") or {})
    for credential in config.get("credential_list") or []:
        yield from of_credential(credential.get("credential_values") or {}, credential.get("credential_info") or {})


if __name__ == "__main__":
    import yaml

    with open(sys.argv[1], encoding="utf-8") as file:
        write(entries(yaml.safe_load(file)))
