"""What Ape imports: `recovery:` in ape-config.yaml, and keys in hardware modules as accounts.

Ape takes config hooks only from distributions named `ape-*`, from the module of the same name. The commands
are in `recovery.cli` and are found by their own entry point.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ape.api.accounts import AccountAPI, AccountContainerAPI
from ape.api.config import PluginConfig
from ape.plugins import register
from ape.plugins.account import AccountPlugin
from ape.plugins.config import Config
from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_settings import SettingsConfigDict

from recovery.settings import DEPLOYMENTS_FOLDER, FILE
from recovery.settings_rules import SettingsError, parse


class RecoveryConfig(PluginConfig):
    """The section `recovery:` of ape-config.yaml, by the same rules as the command line has: `recovery.settings_rules`.

    Attributes:
        deployments_folder: Where `ape run deploy` writes the addresses of what it deployed, relative to the
            project.
        address_book: Names for addresses.
        profiles: What stands in for options that are not given.
    """

    deployments_folder: str = DEPLOYMENTS_FOLDER
    address_book: dict[str, str] | None = None
    profiles: dict[str, dict[str, Any] | None] | None = None

    # Ape would show the line of a secret, pydantic what was given.
    model_config = SettingsConfigDict(extra="forbid", env_prefix="APE_RECOVERY_", hide_input_in_errors=True)

    @classmethod
    def from_overrides(
        cls, overrides: dict[str, Any] | None, plugin_name: str | None = None, project_path: Path | None = None
    ) -> PluginConfig:
        """What Ape calls with the section; of one without anything below it, it makes None."""
        return super().from_overrides(overrides or {}, plugin_name=plugin_name, project_path=project_path)

    @model_validator(mode="before")
    @classmethod
    def _by_our_rules(cls, data: Any) -> Any:
        try:
            parse(data, Path())
        except SettingsError as error:
            # With the place Ape finds file and line. Of a secret it only gets told where to look.
            where = "" if not error.secret else f"{FILE}, {' > '.join(map(str, error.place))}: "
            details = InitErrorDetails(
                type=PydanticCustomError("recovery", "{message}", {"message": where + error.message}),
                loc=() if error.secret else tuple(step if type(step) is int else str(step) for step in error.place),
                input=None,
            )
            raise ValidationError.from_exception_data(cls.__name__, [details], hide_input=True) from None
        return data


@register(Config)
def config_class() -> type[PluginConfig]:
    """Tells Ape which class reads the section."""
    return RecoveryConfig


@register(AccountPlugin)
def account_types() -> tuple[type[AccountContainerAPI], type[AccountAPI]]:
    """Tells Ape of keys in hardware security modules."""
    from recovery.ape_hsm import HsmAccounts, HsmApeAccount

    return HsmAccounts, HsmApeAccount
