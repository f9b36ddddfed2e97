"""`ape run deploy`: puts the shipped contracts where they stand on every chain.

Running it again changes nothing, and a run that broke off goes on where it stopped. Addresses, transactions and the
hashes of what was deployed are written to `deployments/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# Imported now, because Ape takes the project's folder from the path once it has loaded the scripts.
import ape_recovery  # noqa: F401
from recovery.ape_command import ScriptCommand

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI

    from recovery.building import Transaction
    from recovery.deploy import Send


@click.command(cls=ScriptCommand, short_help="Deploy the contracts to their fixed addresses.")
@click.option(
    "--account",
    metavar="ALIAS",
    help="Who pays, if anything has to be sent: one of `ape accounts list`, or TEST::0. On a local chain the first "
    "test account unless named.",
)
@click.option(
    "--folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the record goes, if not where `recovery: deployments_folder` in ape-config.yaml says.",
)
def cli(provider: ProviderAPI, account: str | None, folder: Path | None) -> None:
    """Deploy module, factory, wallet code and lens through the deterministic deployer.

    They get the same addresses on every chain. Nobody owns them, so it does not matter who deploys; what is there
    already is compared with the shipped code and left alone.
    """
    from recovery import deploy, files
    from recovery.errors import RecoveryError

    web3: Any = provider.web3
    network, chain_id = provider.network, int(web3.eth.chain_id)
    local = network.is_dev or chain_id in deploy.DEVELOPMENT_CHAINS
    send = _sender(provider, account, local=local)
    click.echo(f"Network: {network.ecosystem.name}:{network.name}, chain {chain_id}")
    try:
        if deploy.place_deployer(web3, send, allowed=local):
            click.echo("The chain had no deterministic deployer; it has one now.")
        placed = deploy.deploy(web3, send)
        for contract in placed:
            done = "deployed" if contract.sent else "already there"
            click.echo(f"  {contract.name:<22} {contract.address}  {done}")
        click.echo(f"  {'RecoveryWallet':<22} {deploy.addresses()['RecoveryWallet']}  created by the factory")
        click.echo("The code of all four is the shipped code.")

        path = (folder or _folder()) / f"{network.ecosystem.name}-{network.name}-{chain_id}.json"
        before = files.read(path) if path.exists() else None
        known = deploy.load_record(before) if before is not None else None
        after = deploy.dump_record(deploy.record(web3, known))
        if after != before:
            files.write(path, after, replace=True)
        click.echo(f"{'Unchanged' if after == before else 'Written'}: {_shown(path)}")
    except RecoveryError as error:
        raise click.ClickException(error.message) from error


def _sender(provider: ProviderAPI, alias: str | None, *, local: bool) -> Send:
    """Sends with an account of Ape, which is not even looked for unless something has to be sent."""
    from recovery.cli.ape_keys import ApeKey
    from recovery.client import RecoveryClient

    client = RecoveryClient(provider.web3)
    loaded: list[ApeKey] = []

    def send(transaction: Transaction) -> None:
        if not loaded:
            account = _load(alias, local=local)
            loaded.append(ApeKey(account.alias or str(account.address), account))
        client.send(transaction, loaded[0])

    return send


def _load(alias: str | None, *, local: bool) -> AccountAPI:
    from ape import accounts

    known = [name for name in accounts.aliases if not name.upper().startswith("TEST::")]
    if alias is None and not local:
        names = ", ".join(known) or "none yet; make one with: ape accounts generate ALIAS"
        raise click.UsageError(f"Something has to be sent. Name who pays with --account. Known are: {names}.")
    alias = alias or "TEST::0"
    if alias.upper().startswith("TEST::"):
        index = alias[len("TEST::") :]
        if not local:
            raise click.UsageError("Test accounts, whose keys everybody knows, pay on local chains only.")
        if index.isdecimal() and int(index) < len(accounts.test_accounts):
            return accounts.test_accounts[int(index)]
    elif alias in known:
        return accounts.load(alias)
    raise click.UsageError(f"There is no account {alias!r}. Known are: {', '.join(known) or 'none'}.")


def _folder() -> Path:
    from ape import project

    return Path(project.path) / str(project.config.get_config("recovery").deployments_folder)


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
