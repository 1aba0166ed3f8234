"""`chiplog completion`: the completion of a shell."""

import click
from click import shell_completion


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion of a shell.

    \b
    chiplog completion bash > ~/.local/share/bash-completion/completions/chiplog
    chiplog completion zsh > "${fpath[1]}/_chiplog"
    chiplog completion fish > ~/.config/fish/completions/chiplog.fish
    """
    from chiplog_cli.main import cli

    kind = shell_completion.get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} has no completion")
    completion = kind(cli, {}, "chiplog", "_CHIPLOG_COMPLETE")
    click.echo(completion.source_template % completion.source_vars())
