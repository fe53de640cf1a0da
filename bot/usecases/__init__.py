"""The use cases: requests (`requests.accept` accepts one), versions, moderation, privacy. They know no adapter."""

from dataclasses import dataclass

from bot.catalog.catalog import Catalog
from bot.usecases.moderation.guild_settings import Guilds
from bot.usecases.moderation.plans import Plans
from bot.usecases.moderation.quotas import Quotas
from bot.usecases.moderation.removals import Results
from bot.usecases.moderation.reports import Reports
from bot.usecases.moderation.styles import Styles
from bot.usecases.moderation.undo import UndoChanges
from bot.usecases.privacy import MemberPrivacy
from bot.usecases.requests.accept import Requests
from bot.usecases.requests.alternatives import Alternatives
from bot.usecases.requests.card_answers import CardAnswers
from bot.usecases.requests.command_forms import CommandForms
from bot.usecases.requests.commands import Commands
from bot.usecases.requests.defaults import Defaults
from bot.usecases.requests.questions import Questions
from bot.usecases.requests.suggestions import Suggestions
from bot.usecases.second_copy import SecondCopyWatch
from bot.usecases.versions.continuation import Continuation
from bot.usecases.versions.find_version import VersionLookup
from bot.usecases.versions.form_drafts import FormDrafts
from bot.usecases.versions.history import VersionHistory
from bot.usecases.versions.iterate import Iteration
from bot.usecases.versions.joining import Joins
from bot.usecases.versions.post_here import Reposting
from bot.usecases.versions.threads import ResultThreads


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The use cases that the commands call. help_notes: paragraphs that the operator adds to /help."""

    requests: Requests
    cards: CardAnswers
    second_copy: SecondCopyWatch
    versions: VersionLookup
    iteration: Iteration
    continuation: Continuation
    joins: Joins
    questions: Questions
    drafts: FormDrafts
    alternatives: Alternatives
    suggestions: Suggestions
    commands: Commands
    command_forms: CommandForms
    styles: Styles
    defaults: Defaults
    threads: ResultThreads
    history: VersionHistory
    reposting: Reposting
    quotas: Quotas
    plans: Plans
    undo: UndoChanges
    guilds: Guilds
    results: Results
    reports: Reports
    privacy: MemberPrivacy
    catalog: Catalog
    help_notes: tuple[str, ...] = ()
