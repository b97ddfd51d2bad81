"""Policy files and texts -> policies."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from vendor_catalog import Catalogue, CatalogueError

from .catalogue import catalogue_with
from .document import Policy
from .mistakes import explained, unknown_names
from .privacy_manifests import ManifestError


class PolicyError(Exception):
    """A policy file that cannot be used. One line per problem: file, key, what was expected."""


def read_policy_and_catalogue(path: Path, catalogue: Catalogue) -> tuple[Policy, Catalogue]:
    """A policy file, and the catalogue with the folders that it names.

    Raises:
        PolicyError: with every problem found.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a byte order mark, which TOML does not know
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: not UTF-8 text (byte {error.start})") from error
    return _parse(text, catalogue, str(path), path.parent)


def parse_policy(text: str, catalogue: Catalogue, name: str = "consentwire.toml") -> Policy:
    """A policy from its text; ``name`` is what errors call it.

    Raises:
        PolicyError: with every problem found.
    """
    return _parse(text, catalogue, name, Path())[0]


def _parse(text: str, catalogue: Catalogue, name: str, folder: Path) -> tuple[Policy, Catalogue]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{name}: not TOML: {error}") from error
    try:
        policy = Policy.model_validate(document)
    except ValidationError as error:
        raise PolicyError("\n".join(f"{name}: {explained(problem)}" for problem in error.errors())) from error
    try:
        catalogue = catalogue_with([folder / each for each in policy.catalogue.folders], catalogue)
    except CatalogueError as error:
        raise PolicyError(f"{name}: catalogue.folders: {error}") from error
    try:
        policy = policy.with_manifests(folder)
    except ManifestError as error:
        raise PolicyError(f"{name}: {error}") from error
    wrong = list(unknown_names(policy, catalogue))
    if wrong:
        raise PolicyError("\n".join(f"{name}: {problem}" for problem in wrong))
    return policy, catalogue
