"""The host's configuration: typed, strict, TOML or JSON, with every problem named at once."""

from edd.config.problems import Problem
from edd.config.reading import DEFAULT_PATHS, LoadedConfig, load_config, parse_config
from edd.config.reference import annotated_config, complete_config
from edd.config.types import DEFAULTS, Address, Config

__all__ = [
    "DEFAULTS",
    "DEFAULT_PATHS",
    "Address",
    "Config",
    "LoadedConfig",
    "Problem",
    "annotated_config",
    "complete_config",
    "load_config",
    "parse_config",
]
