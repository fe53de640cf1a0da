"""The routes about the bot itself: who it is, where its gateway is, which commands it has."""

from collections.abc import Callable

from tests.standins.discord import render
from tests.standins.discord.errors import unauthorized, unknown_guild
from tests.standins.discord.http import Call, Reply, Route
from tests.standins.discord.rules import Rules
from tests.standins.discord.world import World
from tests.standins.shapes import JsonObject

_CHAT = 1


class ApplicationRoutes:
    """Identity and commands. `syncs` counts the bulk overwrites."""

    def __init__(self, world: World, rules: Rules, address: Callable[[], str]) -> None:
        self._world = world
        self._rules = rules
        self._address = address
        self._commands: dict[str | None, list[JsonObject]] = {}
        self.syncs = 0

    def routes(self) -> list[Route]:
        """The table."""
        commands = "/applications/{app}/commands"
        in_guild = "/applications/{app}/guilds/{guild}/commands"
        return [
            Route("GET", "/gateway", self.gateway, open=True),
            Route("GET", "/gateway/bot", self.gateway_bot),
            Route("GET", "/users/@me", self.me),
            Route("GET", "/oauth2/applications/@me", self.application),
            Route("GET", "/applications/@me", self.application),
            Route("GET", commands, self.list_commands),
            Route("PUT", commands, self.overwrite_commands),
            Route("GET", in_guild, self.list_commands),
            Route("PUT", in_guild, self.overwrite_commands),
        ]

    def gateway(self, call: Call) -> Reply:
        """Get Gateway."""
        return Reply(200, {"url": self._address()})

    def gateway_bot(self, call: Call) -> Reply:
        """Get Gateway Bot."""
        limit = {
            "total": self._rules.identifies_total,
            "remaining": self._rules.identifies_left,
            "reset_after": 86_400_000,
            "max_concurrency": self._rules.max_concurrency,
        }
        return Reply(200, {"url": self._address(), "shards": self._rules.shards, "session_start_limit": limit})

    def me(self, call: Call) -> Reply:
        """Get Current User."""
        extra = {"verified": True, "mfa_enabled": True, "locale": "en-US", "email": None, "premium_type": 0}
        return Reply(200, render.user_json(self._world.bot) | extra)

    def application(self, call: Call) -> Reply:
        """Get Current Application."""
        world = self._world
        return Reply(
            200,
            {
                "id": world.bot.id,
                "name": world.bot.name,
                "icon": None,
                "description": "",
                "type": None,
                "bot": render.user_json(world.bot),
                "owner": render.user_json(world.operator),
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "flags": 0,
                "flags_new": "0",
                "max_participants": None,
                "tags": [],
                "redirect_uris": [],
                "rpc_origins": [],
                "team": None,
                "explicit_content_filter": 0,
                "eligible_oauth2_scopes": [],
                "interactions_endpoint_url": None,
                "role_connections_verification_url": None,
                "event_webhooks_status": 1,
                "approximate_guild_count": len(world.guilds),
                "approximate_user_install_count": 0,
                "approximate_user_authorization_count": 0,
                "integration_types_config": {"0": {}},
            },
        )

    def _scope(self, call: Call) -> str | None:
        if call.params["app"] != self._world.bot.id:
            raise unauthorized()
        guild = call.params.get("guild")
        if guild is not None and guild not in self._world.guilds:
            raise unknown_guild()
        return guild

    def list_commands(self, call: Call) -> Reply:
        """Get Application Commands, global or of a guild."""
        return Reply(200, self._commands.get(self._scope(call), []))

    def overwrite_commands(self, call: Call) -> Reply:
        """Bulk Overwrite: what is not named is gone; a command that stays keeps its id."""
        scope = self._scope(call)
        ids = {(command["type"], command["name"]): command["id"] for command in self._commands.get(scope, [])}
        wanted: list[JsonObject] = call.body.json or []
        self._commands[scope] = [self._command(given, ids, scope) for given in wanted]
        self.syncs += 1
        return Reply(200, self._commands[scope])

    def _command(self, given: JsonObject, ids: dict[tuple[int, str], str], guild_id: str | None) -> JsonObject:
        kind = int(given.get("type") or _CHAT)
        permissions = given.get("default_member_permissions")
        command: JsonObject = {
            "id": ids.get((kind, given["name"])) or self._world.ids.next(),
            "application_id": self._world.bot.id,
            "version": self._world.ids.next(),
            "type": kind,
            "name": given["name"],
            "name_localizations": given.get("name_localizations"),
            "description": given.get("description") or "",
            "description_localizations": given.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(permissions),
            "dm_permission": given.get("dm_permission", True),
            "contexts": given.get("contexts"),
            "integration_types": given.get("integration_types") or [0],
            "nsfw": bool(given.get("nsfw")),
        }
        if given.get("options"):
            command["options"] = given["options"]
        if guild_id is not None:
            command["guild_id"] = guild_id
        return command

    @property
    def commands(self) -> list[JsonObject]:
        """Every command that there is, global ones first."""
        return [command for scope in self._commands.values() for command in scope]

    def find(self, kind: int, name: str, guild_id: str | None) -> JsonObject:
        """A command by its type and name, as a client would offer it. `LookupError` when it is not offered."""
        for scope in (guild_id, None):
            for command in self._commands.get(scope, []):
                if command["type"] == kind and command["name"] == name:
                    return command
        offered = ", ".join(sorted(str(command["name"]) for command in self.commands)) or "none"
        raise LookupError(f"Discord knows no command {name!r}; it knows: {offered}")
