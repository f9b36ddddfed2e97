"""What lets `recovery:` stand in ape-config.yaml. Ape imports this module; nothing else does.

Ape takes config hooks only from distributions named `ape-*`, from the module of the same name. The commands
are in `recovery.cli` and are found by their own entry point.
"""

from __future__ import annotations

from ape.api.config import PluginConfig
from ape.plugins import register
from ape.plugins.config import Config
from pydantic_settings import SettingsConfigDict


class RecoveryConfig(PluginConfig):
    """The section `recovery:` of ape-config.yaml. A name that isn't here is refused, with file and line.

    Attributes:
        deployments_folder: Where `ape run deploy` writes the addresses of what it deployed, relative to the
            project.
    """

    deployments_folder: str = "deployments"

    model_config = SettingsConfigDict(extra="forbid", env_prefix="APE_RECOVERY_")


@register(Config)
def config_class() -> type[PluginConfig]:
    """Tells Ape which class reads the section."""
    return RecoveryConfig
