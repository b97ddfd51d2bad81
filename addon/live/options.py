"""The options of mitmproxy for consentwire, and what they name: database, policy, catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader

from addon.policy import Policy, PolicyError, catalogue_with, read_policy_and_catalogue
from vendor_catalog import CatalogueError, shipped_catalogue


class CaptureOptions:
    """Declares the options and reads what they name. While a capture runs, database and policy stay as they are."""

    name = "consentwire-options"

    def __init__(self, catalogue_folders: Sequence[Path] = ()) -> None:
        self.policy = Policy()
        self.catalogue = shipped_catalogue()
        self.probing = True
        """Whether pages get the in-page probe."""
        self.pass_through = True
        """Whether programs that refuse the proxy's certificate are let through unread."""
        self.learns: str | None = None
        """The site whose banner is taught in this run."""
        self.fixed = False
        """Whether a capture runs."""
        self._catalogue_folders = catalogue_folders
        self._named = ("", "")
        """Database and policy, as mitmproxy's options have them."""

    def load(self, loader: Loader) -> None:
        loader.add_option("consentwire_db", str, "consentwire.db", "SQLite file that consentwire writes to.")
        loader.add_option("consentwire_policy", str, "", "consentwire policy file (TOML).")
        loader.add_option("consentwire_probe", bool, True, "Put the in-page probe of consentwire into pages.")
        loader.add_option("consentwire_learn", str, "", "Site whose banner 'consentwire learn' is taught.")
        loader.add_option(
            "consentwire_passthrough",
            bool,
            True,
            "Let programs that refuse the proxy's certificate, on devices that trust it, through unread.",
        )

    def configure(self, updated: set[str]) -> None:
        self.pass_through = ctx.options.consentwire_passthrough
        named = (ctx.options.consentwire_db, ctx.options.consentwire_policy)
        if self.fixed:
            if named != self._named:  # they are the same again when mitmproxy takes a change back
                raise exceptions.OptionsError("consentwire's options cannot change while it captures")
            return
        self._named = named
        self.probing = ctx.options.consentwire_probe
        self.learns = ctx.options.consentwire_learn or None
        if "consentwire_policy" not in updated:
            return
        self.policy = Policy()
        try:
            self.catalogue = catalogue_with(self._catalogue_folders)
            if ctx.options.consentwire_policy:
                path = Path(ctx.options.consentwire_policy).expanduser()
                self.policy, self.catalogue = read_policy_and_catalogue(path, self.catalogue)
        except (PolicyError, CatalogueError) as error:
            raise exceptions.OptionsError(str(error)) from error

    @property
    def database(self) -> Path:
        return Path(ctx.options.consentwire_db).expanduser()
