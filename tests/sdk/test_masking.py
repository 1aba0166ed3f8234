"""Secrets that were planted in arguments, addresses and differences."""

import pytest

from chiplog import masking

PLANTED = "hunter2-very-secret"
ENVIRON = {
    "MY_API_KEY": PLANTED,
    "HOME": "/root",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
    "TOKEN_FILE": "/run/token",
}


@pytest.mark.parametrize(
    "arguments",
    [
        [f"--api-key={PLANTED}"], ["--api-key", PLANTED], [f"api_key={PLANTED}"], ["--wandb.token", PLANTED],
        ["--password", PLANTED], [f"--note=uses {PLANTED} inside"], [f"https://me:{PLANTED}@git.example.com/x"],
        ["sh", "-c", f"train --api-key {PLANTED} --lr 1"], ["sh", "-c", f"MY_TOKEN={PLANTED} python train.py"],
        ["sh", "-c", f"train --password '{PLANTED}'"],
        ["--hf", "hf_abcdefghijklmnopqrstuv"], ["ghp_abcdefghijklmnopqrstuvwxyz0123456789"],
        ["sk-abcdefghijklmnopqrst"],
        ["AKIAIOSFODNN7EXAMPLE"], ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.SflKxwRJSM"], ["wJalrXUtnFEMI/K7MDENG"],
    ],
)  # fmt: skip
def test_a_secret_in_the_arguments_is_masked(arguments: list[str]) -> None:
    said = " ".join(masking.arguments(arguments, masking.secrets(ENVIRON)))
    assert masking.MASK in said
    for secret in (PLANTED, "hf_abc", "ghp_", "sk-abc", "AKIA", "eyJ", "wJalr"):
        assert secret not in said


def test_of_an_environment_no_secret_is_told_wherever_it_stands() -> None:
    secret = {**ENVIRON, "DB_PASSWORD": "123456", "ENCRYPTION_KEY": PLANTED, "PASS": "abc"}
    beside = {"URL": f"https://me:{PLANTED}@git.example.com", "ARGS": f"--api-key {PLANTED} --lr 1", "NOTE": PLANTED,
              "HF": "hf_abcdefghijklmnopqrstuv", "AUTH_JSON": '{"token": "abcdef"}'}  # fmt: skip
    told = masking.variables({**secret, **beside})
    assert told.keys() == {**secret, **beside}.keys()
    for word in (PLANTED, "wJalr", "hf_abc", "abcdef", "123456", "abc"):
        assert not [name for name, value in told.items() if word in value]
    plain = {"HOME": "/root", "LR": "0.1", "TOKENIZERS_PARALLELISM": "false", "MODEL": "keyed", "EMPTY_TOKEN": ""}
    assert masking.variables(plain) == plain


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lr=0.1", "--tokenizer", "gpt2", "--max-tokens=512", "--author", "me", "train.py", "--token-count", "9"],
        ["sh", "-c", "train --tokenizer gpt2 --lr 0.1 --author me"],
        ["--data", "/root/data", "https://example.com/a:b@c", "s3://bucket/key"],
    ],
)
def test_what_is_no_secret_stays(arguments: list[str]) -> None:
    assert masking.arguments(arguments, masking.secrets(ENVIRON)) == arguments


def test_what_a_difference_assigns_to_a_secrets_name_is_masked() -> None:
    patch = f'+API_KEY = "{PLANTED}x"\n+  token: abcdefgh\n+tokens = 7\n+lr = 0.1\n'
    said = masking.lines(patch)
    assert PLANTED not in said
    assert "abcdefgh" not in said
    assert said.endswith("+tokens = 7\n+lr = 0.1\n")
